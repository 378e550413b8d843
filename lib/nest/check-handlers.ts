import { ConfigurationError } from '../errors.js';
import type { Gate } from '../gate/create-gate.js';
import { readCaller } from './caller.decorator.js';
import type { Declarations } from './declarations.js';
import type { ListedHandler } from './list-handlers.js';

/** Nest keeps what fills the parameters of a handler by this name, on its class. */
const PARAMETERS = '__routeArguments__';

/**
 * Handlers that declare nothing, and so are closed, in words.
 *
 * @throws {ConfigurationError} for `@Caller()` on a public handler, where nobody is verified; for a requirement that the gate
 *   can't judge
 */
export function checkHandlers(
  handlers: readonly ListedHandler[],
  declarations: Declarations,
  settle: Gate['settle'],
): readonly string[] {
  return handlers.flatMap((listed) => {
    const name = `${listed.controller.name}.${listed.name}`;
    const requirement = declarations.find(listed.controller, listed.handler);
    if (requirement.public !== undefined && wantsCaller(listed)) {
      throw new ConfigurationError(
        name,
        'is public and wants @Caller(): nobody is verified there; take one of the two away',
      );
    }
    try {
      settle(requirement);
    } catch (cause) {
      throw new ConfigurationError(name, (cause as Error).message, { cause });
    }
    return requirement.undeclared ? [name] : [];
  });
}

function wantsCaller({ controller, name }: ListedHandler): boolean {
  const parameters = (Reflect.getMetadata(PARAMETERS, controller, name) ?? {}) as Record<
    string,
    { readonly factory?: unknown }
  >;
  return Object.values(parameters).some(({ factory }) => factory === readCaller);
}
