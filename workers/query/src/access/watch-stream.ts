import { mayCall, type Caller } from "@candlehouse/shared/core/access";
import type { AppContext } from "../app.ts";
import { reportBrokenStream } from "../request-failure.ts";
import { readAccessSettings } from "./access-settings.ts";
import { credentialOf } from "./credential.ts";
import { identifyCaller, type Proofs } from "./identify-caller.ts";

/**
 * How long a stream goes on that only some may read; then its reader comes back: each look at a key
 * is one of the queries that a request may make.
 */
const STREAM_MS_MAX = 3_600_000;

/**
 * Ends the stream of events that `caller` is answered, where it is one, when what they showed does not
 * let them in any more: else a key that was revoked would read on for hours.
 */
export function watchEvents(c: AppContext, caller: Caller, proofs: Proofs): void {
  const { body, headers } = c.res;
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (body === null || !isStream || caller.kind === "local") {
    return;
  }
  const settings = readAccessSettings(c.env);
  const credential = credentialOf(c.req.raw.headers);
  const endMs = Date.now() + STREAM_MS_MAX;
  const mayGoOn = async (): Promise<boolean> => {
    const nowMs = Date.now();
    const now = await identifyCaller(credential, settings, proofs, c.env, nowMs);
    return nowMs < endMs && mayCall(now, "read", settings.reads).isAllowed;
  };
  c.res = new Response(
    body.pipeThrough(endWhenRefused(mayGoOn, (error) => reportBrokenStream(c, error))),
    c.res,
  );
}

/**
 * Passes on what comes until `mayGoOn` says no, which is asked before each piece. Where it cannot say,
 * `onFailure` is told, and the connection breaks.
 */
function endWhenRefused(
  mayGoOn: () => Promise<boolean>,
  onFailure: (error: unknown) => void,
): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(piece, controller) {
      try {
        if (await mayGoOn()) {
          controller.enqueue(piece);
        } else {
          controller.terminate();
        }
      } catch (error) {
        onFailure(error);
        throw error;
      }
    },
  });
}
