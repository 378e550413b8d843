import type { ModulesContainer } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';

/** A handler of a controller, as it will be called. */
export interface ListedHandler {
  readonly controller: { readonly name: string };
  readonly name: string;
  readonly handler: object;
}

/** Nest keeps the path of a handler, and the pattern of a message, by these names. */
const HANDLER_MARKS = ['path', 'microservices:pattern'];

/** Every handler of every controller, inherited ones included. */
export function listHandlers(modules: ModulesContainer): readonly ListedHandler[] {
  const scanner = new MetadataScanner();
  return [...modules.values()].flatMap(({ controllers }) =>
    [...controllers.values()].flatMap(({ metatype }) => {
      const { prototype } = metatype as unknown as { readonly prototype: Record<string | symbol, object> };
      return scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name] as object;
        const isHandler = HANDLER_MARKS.some((mark) => Reflect.hasMetadata(mark, handler));
        return isHandler ? [{ controller: metatype as { readonly name: string }, name, handler }] : [];
      });
    }),
  );
}
