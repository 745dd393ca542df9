/** A peer's server, in a process of its own: the client's work is no part of its answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Peer {
  readonly url: string;
  readonly pid: number;
  close(): void;
}

/** Runs `script`, which prints the port that it listens on. Throws where it ends without. */
export async function startPeer(script: string, ...parameters: readonly string[]): Promise<Peer> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/${script}`, ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill());
  const lines = createInterface({ input: child.stdout });
  const port = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    once(child, "exit").then(([code]) => {
      throw new Error(`${script} ended with ${code}`);
    }),
  ]);
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, close: () => child.kill() };
}
