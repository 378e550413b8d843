import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that has its port already, and answers once it is told how. */
export interface OpenServer {
  readonly origin: string;
  answerWith(listener: RequestListener): void;
  close(): Promise<void>;
}

/** Services that trust each other must know each other's origin before either is made: so the ports come first. */
export async function openServer(): Promise<OpenServer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    answerWith: (listener) => void server.on('request', listener),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
