import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { tellPort } from './serve.mjs';

/** Serves a module of these parts on Express, as Nest does by default; `prepare` adds what stands before Nest. */
export async function serveNest(parts, prepare = () => {}) {
  class AppModule {}
  Module(parts)(AppModule);
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  prepare(app);
  await app.listen(0, '127.0.0.1');
  tellPort(app.getHttpServer());
}
