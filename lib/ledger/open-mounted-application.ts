import type { ExpressApplication, ExpressLayer } from './express-router.js';

type Mounted = (request: object, response: object, next: () => void) => void;

/** What Express 4.21 and 5 wrap a mounted application in begins so; a function of somebody's own is not called. */
const WRAPPER = /^function mounted_app\(req, res, next\) \{\s*(?:var|const) orig = req\.app;\s*fn\.handle\(req, res,/;

/**
 * The application behind a layer that `app.use(path, application)` made. Express keeps it in a closure; but before
 * anything else, an application makes a request its own by giving it its prototype, and that names the application.
 * So it is handed a request that notes the prototype, and then has no URL to route any further by. At start, and once for
 * the metadata that is derived from routes; never for each request.
 *
 * @returns undefined where the layer is something else, or doesn't tell
 */
export function openMountedApplication({ name, handle }: ExpressLayer): ExpressApplication | undefined {
  if (name !== 'mounted_app' || !WRAPPER.test(Function.prototype.toString.call(handle))) return undefined;
  let application: ExpressApplication | undefined;
  // `app`: an application without layers comes back, later, to restore the prototypes of whoever mounted it.
  const mounting = { request: Object.prototype, response: Object.prototype };
  const request = new Proxy(
    { method: 'GET', query: {}, headers: {}, app: mounting },
    {
      setPrototypeOf(_target, prototype: { readonly app?: ExpressApplication } | null) {
        application ??= prototype?.app;
        return true;
      },
      get: (target, member) =>
        member === 'url' && !application ? '/' : (target as Record<PropertyKey, unknown>)[member],
    },
  );
  try {
    (handle as unknown as Mounted)(request, { setHeader() {}, locals: {} }, () => {});
  } catch {
    // It stopped for want of a URL, which is what it was meant to do.
  }
  return application;
}
