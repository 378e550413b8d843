import type { ModulesContainer } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';

/** A handler of a controller, as it will be called. */
export interface ListedHandler {
  readonly controller: { readonly name: string };
  readonly name: string;
  readonly handler: object;
  /** It serves messages of a microservice. */
  readonly isForMessages: boolean;
}

/** Nest keeps the path of a handler, the pattern of a message to a microservice, and that to a gateway by these names. */
const PATH = 'path';
const PATTERN = 'microservices:pattern';
const MESSAGE = 'websockets:message_mapping';
const GATEWAY = 'websockets:is_gateway';

/** Every handler of every controller and gateway, inherited ones included. */
export function listHandlers(modules: ModulesContainer): readonly ListedHandler[] {
  const scanner = new MetadataScanner();
  return [...modules.values()].flatMap(({ controllers, providers }) => {
    const gateways = [...providers.values()].filter(
      ({ metatype }) => metatype && Reflect.hasMetadata(GATEWAY, metatype),
    );
    return [...controllers.values(), ...gateways].flatMap(({ metatype }) =>
      listOwn(metatype as unknown as HandlerClass, scanner),
    );
  });
}

interface HandlerClass {
  readonly name: string;
  readonly prototype: Readonly<Record<string, object>>;
}

function listOwn(controller: HandlerClass, scanner: MetadataScanner): readonly ListedHandler[] {
  return scanner.getAllMethodNames(controller.prototype).flatMap((name) => {
    const handler = controller.prototype[name] as object;
    const isForMessages = Reflect.hasMetadata(PATTERN, handler);
    if (!isForMessages && ![PATH, MESSAGE].some((mark) => Reflect.hasMetadata(mark, handler))) return [];
    return [{ controller, name, handler, isForMessages }];
  });
}
