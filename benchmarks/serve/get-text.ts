import { get } from "node:http";
import { text } from "node:stream/consumers";

/**
 * What `url` answers, over a connection of its own: a peer closes one that was idle while others were
 * asked. It is not `fetch`: Miniflare puts its own in the place of that of Node.js, and that one fails
 * where a long answer ends with its connection. Throws where it is not 200.
 */
export async function getText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) {
          resolve(body);
        } else {
          reject(new Error(`${url} answered ${response.statusCode}: ${body.slice(0, 500)}`));
        }
      }, reject);
    }).once("error", reject);
  });
}
