import type { RouteScope } from "@candlehouse/shared/core/access";
import { routeScopeOf } from "./route-scopes.ts";

/** What is added to the description of an operation. */
interface Operation {
  description?: string;
  security?: readonly Readonly<Record<string, readonly string[]>>[];
}

/** The part of an OpenAPI document that names operations: by path, then by method. */
interface Paths {
  readonly [path: string]: object;
}

/** Parameters of an OpenAPI path that stand for more than one segment of a route. */
const REST_PARAMETER = "/v1/archive/{key}";

/** Says in each operation of an OpenAPI document which scope its caller needs. */
export function describeSecurity(paths: Paths): void {
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries<Operation>(Object(operations))) {
      const scope = routeScopeOf({ method: method.toUpperCase(), path: routePathOf(path) });
      operation.security = securityOf(scope);
      operation.description = [operation.description, sentenceOf(scope)]
        .filter((text) => text !== undefined)
        .join(" ");
    }
  }
}

/** A path of the document as routes are declared: `/v1/backfills/{id}` is `/v1/backfills/:id`. */
function routePathOf(path: string): string {
  return path === REST_PARAMETER ? "/v1/archive/*" : path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** Reading may be open to all: a setting of the deployment. */
function securityOf(scope: RouteScope): NonNullable<Operation["security"]> {
  switch (scope) {
    case "open":
      return [];
    case "read":
      return [{}, { key: ["read"] }];
    case "write":
    case "admin":
      return [{ key: [scope] }];
  }
}

function sentenceOf(scope: RouteScope): string | undefined {
  switch (scope) {
    case "open":
      return undefined;
    case "read":
      return "Scope: read, where reads are keyed.";
    case "write":
    case "admin":
      return `Scope: ${scope}.`;
  }
}
