import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { z } from "zod";

const settingsSchema = z.object({
  CORS_ORIGINS: z
    .string()
    .default("*")
    .transform((text) => text.split(",").map((one) => one.trim()))
    .refine(
      (origins) => origins.every((one) => isOrigin(one) || (one === "*" && origins.length === 1)),
      "expected *, or origins such as https://charts.example.com with commas between",
    ),
});

const READ_HEADERS = [
  "Accept",
  "Authorization",
  "If-None-Match",
  "If-Range",
  "Last-Event-ID",
  "Range",
];

/**
 * Lets pages of the origins in CORS_ORIGINS read in a browser, and the headers `exposedHeaders` of
 * what they read; none of them may write.
 */
export function allowCrossOrigin(exposedHeaders: readonly string[]): MiddlewareHandler {
  const options = { exposeHeaders: [...exposedHeaders], maxAge: 86_400 };
  // By what the settings say, which do not change while we run.
  const made = new Map<string, MiddlewareHandler>();
  return (c, next) => {
    const origins = settingsSchema.parse(c.env ?? {}).CORS_ORIGINS;
    // A data source asks by POST, and from a browser where Grafana does not pass its requests on.
    const isGrafana = c.req.path.startsWith("/grafana/");
    const name = `${isGrafana} ${origins.join()}`;
    const known = made.get(name);
    const answer =
      known ??
      cors({
        ...options,
        origin: origins.includes("*") ? "*" : origins,
        allowMethods: ["GET", "HEAD", "OPTIONS", ...(isGrafana ? ["POST"] : [])],
        allowHeaders: [...READ_HEADERS, ...(isGrafana ? ["Content-Type"] : [])],
      });
    made.set(name, answer);
    return answer(c, next);
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
