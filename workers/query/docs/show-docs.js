// Runs in the browser, after swagger-ui-bundle.js. A file of its own: the page allows no script in it.
globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  // The validator's badge would send the document to another site.
  validatorUrl: null,
});
