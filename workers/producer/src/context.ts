/** What requests to the producer are answered with. */
export interface ProducerContext {
  readonly env: Env;
  readonly exports: Cloudflare.Exports;
}
