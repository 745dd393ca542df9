/** A node of a JSON schema, as far as values are made from it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly example?: Json;
  readonly examples?: readonly Json[];
  readonly default?: Json;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema?: Schema;
  readonly example?: Json;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface OperationObject {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** The parts of an OpenAPI 3.1 document that requests are made from and answers held against. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What one method of one address takes, and what it may answer. */
export interface Operation {
  /** `get /v1/candles` */
  readonly name: string;
  /** In upper case. */
  readonly method: string;
  /** With the names of its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Media type to schema; empty where no body is taken. */
  readonly bodies: Content;
  /** Status to the media types that it may have. */
  readonly answers: ReadonlyMap<number, readonly string[]>;
}

/** Every operation of the document, in its order. */
export function operationsOf({ paths }: OpenApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      name: `${method} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters,
      bodies: requestBody?.content ?? {},
      answers: new Map(
        Object.entries(responses).map(([status, { content = {} }]) => [
          Number(status),
          Object.keys(content),
        ]),
      ),
    })),
  );
}

/** `schema`, or what it refers to. */
export function resolveSchema(schema: Schema, document: OpenApiDocument): Schema {
  const name = schema.$ref?.replace("#/components/schemas/", "");
  if (name === undefined) {
    return schema;
  }
  const found = document.components.schemas[name];
  if (found === undefined) {
    throw new Error(`the document refers to ${name}, which it does not have`);
  }
  return resolveSchema(found, document);
}
