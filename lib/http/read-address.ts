import type { Socket } from 'node:net';

/** A request of Express or Fastify, as far as it tells who sent it. */
interface AddressedRequest {
  readonly ip?: string | undefined;
  readonly socket?: Pick<Socket, 'remoteAddress'> | undefined;
  /** The application of Express that serves it. */
  readonly app?: { readonly settings?: Readonly<Record<string, unknown>> } | undefined;
}

/**
 * The address of the peer, or what trusted proxies say of it. Where there are none, Express isn't asked, which reads the whole
 * chain of them all the same; unless somebody said otherwise who it is.
 */
export function readAddress(request: AddressedRequest): string | undefined {
  const isDirect = request.app?.settings?.['trust proxy'] === false && !Object.hasOwn(request, 'ip');
  return isDirect ? request.socket?.remoteAddress : request.ip;
}
