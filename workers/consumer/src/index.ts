export default {
  async fetch() {
    return new Response("not built");
  },
} satisfies ExportedHandler<Env>;
