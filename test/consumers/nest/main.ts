import 'reflect-metadata';
import { deepStrictEqual } from 'node:assert/strict';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

// As `nest new` writes it; then the application calls itself, and ends.
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(0, '127.0.0.1');

  const origin = await app.getUrl();
  const paths = ['/orders', '/health', '/orders/42', '/orders/forgotten', '/nowhere'];
  const answers = await Promise.all(paths.map((path) => fetch(origin + path)));
  deepStrictEqual(
    answers.map(({ status }) => status),
    [200, 200, 401, 403, 404],
  );
  await app.close();
}

bootstrap().catch((error: unknown) => {
  console.error(error);
  process.exit(1); // the server may still be listening
});
