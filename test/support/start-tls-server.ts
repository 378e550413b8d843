import type { RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

const started = new Set<Server>();

/** A real TLS server on loopback that asks its callers for certificates, and lets anyone in; its base URL. */
export async function startTlsServer(listener: RequestListener, options: ServerOptions): Promise<string> {
  const server = createServer({ requestCert: true, rejectUnauthorized: false, ...options }, listener);
  started.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends what was started here. */
export async function stopTlsServers(): Promise<void> {
  for (const server of started) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  started.clear();
}
