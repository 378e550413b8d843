import { ConfigurationError } from '../errors.js';
import { describeFound, readText } from '../options.js';
import type { ExpressApplication } from './handler.js';
import { markPasses } from './mark-handler.js';

interface MountableApplication extends ExpressApplication {
  handle(...values: unknown[]): unknown;
  set(...values: unknown[]): unknown;
  on(event: 'mount', listener: (parent: ExpressApplication) => void): unknown;
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

/** An application must stay one to be mounted as one; Express tells it after the layer was made, which is then marked. */
function passApplication<App extends MountableApplication>(app: App, why: string): App {
  app.on('mount', (parent) => {
    const router = parent.lazyrouter ? parent._router : parent.router;
    const layer = router?.stack.at(-1);
    if (layer?.name === 'mounted_app') markPasses(layer.handle, why);
  });
  return app;
}
