/**
 * What a client says of each thing that an Accept header names, from 0, which is refused, to 1; what
 * it means badly is 0. Names are in lower case, in the order of the header, without parameters.
 * https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2
 */
export function readWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    if (name !== "") {
      const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
      weights.set(name, WEIGHT.test(weight) ? Number(weight) : 0);
    }
  }
  return weights;
}

const WEIGHT = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/;
