/** The description of the HTTP interface, where every request can be tried out. */

const spec = new URL("/openapi.json", location.href);
const key = new URLSearchParams(location.search).get("key") ?? sessionStorage.getItem("sidestick-key");
if (key) spec.searchParams.set("key", key);

/** @type {any} */ (globalThis).SwaggerUIBundle({
  url: spec.href,
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: (/** @type {any} */ request) => {
    if (key) request.headers.Authorization = `Bearer ${key}`;
    return request;
  },
});
