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
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  const classes = [...controllers.map(({ metatype }) => metatype as unknown as HandlerClass), ...listGateways(modules)];
  return classes.flatMap((one) => listOwn(one, scanner));
}

/** Every gateway of the application. */
export function listGateways(modules: ModulesContainer): readonly HandlerClass[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return providers.flatMap(({ metatype }) =>
    metatype && Reflect.hasMetadata(GATEWAY, metatype) ? [metatype as unknown as HandlerClass] : [],
  );
}

/** A class that has handlers. */
export interface HandlerClass {
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
