import { ConfigurationError } from '../errors.js';
import type { ExpressApplication } from '../ledger/express-router.js';
import { markPasses } from '../ledger/mark-handler.js';
import { describeFound, readText } from '../options.js';

interface MountableApplication extends ExpressApplication {
  handle(...values: unknown[]): unknown;
  set(...values: unknown[]): unknown;
  once(event: 'mount', listener: (parent: ExpressApplication) => void): unknown;
}

/**
 * The layer, marked as one that may stand before guards or answer by itself, and why. The layer itself stays unmarked:
 * what passes here need not pass elsewhere.
 *
 * @throws {ConfigurationError} for something that is no function, or without a reason
 */
export function passLayer<Layer>(layer: Layer, why: string): Layer {
  readText('passes.why', why, "'public files'");
  if (typeof layer !== 'function') {
    throw new ConfigurationError(
      'passes.layer',
      `must be a middleware or an application, found ${describeFound(layer)}`,
    );
  }
  if (isApplication(layer)) return passApplication(layer, why);
  const passing = (...values: unknown[]) => (layer as unknown as (...values: unknown[]) => unknown)(...values);
  Object.defineProperty(passing, 'name', { value: layer.name });
  Object.defineProperty(passing, 'length', { value: layer.length }); // Express tells error handlers by it
  return markPasses(passing, why) as unknown as Layer;
}

function isApplication(layer: object): layer is MountableApplication {
  return (
    typeof (layer as Partial<MountableApplication>).handle === 'function' &&
    typeof (layer as Partial<MountableApplication>).set === 'function'
  );
}

/**
 * An application must stay one to be mounted as one, so this is a view of it that carries the mark. Express wraps it in
 * a layer of its own and tells the view that it is mounted; that layer, and no later one, is marked.
 */
function passApplication<App extends MountableApplication>(app: App, why: string): App {
  const marks = markPasses({}, why);
  return new Proxy(app, {
    get(target, member) {
      if (Object.hasOwn(marks, member)) return Reflect.get(marks, member);
      const value: unknown = Reflect.get(target, member);
      if (member !== 'emit') return value;
      return (event: string, parent: ExpressApplication, ...more: unknown[]) => {
        if (event === 'mount') markLastLayer(parent, why);
        return Reflect.apply(value as () => unknown, target, [event, parent, ...more]);
      };
    },
  });
}

function markLastLayer(parent: ExpressApplication, why: string): void {
  const router = parent.lazyrouter ? parent._router : parent.router;
  const layer = router?.stack.at(-1);
  if (layer?.name === 'mounted_app') markPasses(layer.handle, why);
}
