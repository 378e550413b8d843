import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

const MAX_CHAIN = 5;
const chains = new WeakMap<object, readonly X509Certificate[]>();

/**
 * The certificates that came along with a peer's own, its signer's first. They are read when a connection is first looked
 * at, and before the peer's own certificate: Node takes the chain away when it hands that out.
 */
export function readPeerChain(socket: Partial<TLSSocket> | undefined): readonly X509Certificate[] {
  if (!socket?.getPeerCertificate) return [];
  const known = chains.get(socket);
  if (known) return known;
  const chain: X509Certificate[] = [];
  const seen = new Set<object>();
  let next = socket.getPeerCertificate(true)?.issuerCertificate;
  while (next?.raw && !seen.has(next) && chain.length < MAX_CHAIN) {
    seen.add(next); // the last one may be linked to itself
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  chains.set(socket, chain);
  return chain;
}
