import type { ExpressApplication, ExpressLayer } from './handler.js';

type Mounted = (request: object, response: object, next: () => void) => void;

/**
 * The application behind a layer that `app.use(path, application)` made. Express keeps it in a closure; but before
 * anything else, an application makes a request its own by giving it its prototype, and that names the application.
 * So it is handed a request that notes the prototype, and then has no URL to route any further by.
 *
 * @returns undefined where the layer is something else, or doesn't tell
 */
export function openMountedApplication({ name, handle }: ExpressLayer): ExpressApplication | undefined {
  if (name !== 'mounted_app') return undefined;
  let application: ExpressApplication | undefined;
  const request = new Proxy(
    { method: 'GET', query: {}, headers: {} },
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
