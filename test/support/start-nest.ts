import { type INestApplication, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Every platform that is supported. */
export const nestPlatforms = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const;

/** A way to make a platform's adapter. */
export type MakeAdapter = (typeof nestPlatforms)[number][1];

const started = new Set<INestApplication>();

/** A real Nest application on loopback; its base URL. */
export async function startNest(
  makeAdapter: MakeAdapter,
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => void = () => {},
): Promise<string> {
  const app = await NestFactory.create(moduleOf(metadata), makeAdapter() as ExpressAdapter, {
    logger: false,
    abortOnError: false,
  });
  started.add(app);
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

/** Ends what was started here. */
export async function stopNest(): Promise<void> {
  for (const app of started) await app.close();
  started.clear();
}

/** A root module. */
export function moduleOf(metadata: ModuleMetadata): Type<unknown> {
  class Root {}
  Module(metadata)(Root);
  return Root;
}
