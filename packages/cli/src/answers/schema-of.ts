import type { z } from "zod";

/** `Value` with nothing readonly in it, as schemas have it. */
type Plain<Value> = Value extends readonly (infer Item)[]
  ? Plain<Item>[]
  : Value extends object
    ? { -readonly [Name in keyof Value]: Plain<Value[Name]> }
    : Value;

/**
 * The schema that is given, of answers that the OpenAPI document declares as `Answer`. One that would
 * refuse such an answer does not compile.
 */
export function schemaOf<Answer>() {
  return <Schema extends z.ZodType>(
    schema: Schema & (Plain<Answer> extends z.input<Schema> ? unknown : never),
  ): Schema => schema;
}
