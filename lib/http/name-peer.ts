/**
 * Whose address it is: of IPv6 the network, since each of its hosts may take any address within (RFC 4291 section 2.5.4).
 * Who has none, as on a Unix socket or a queue, can't be told from others, and is nobody's peer.
 */
export function namePeer(address: string | undefined): string | undefined {
  if (address === undefined || !address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail?.split(':') ?? [])];
  return all.slice(0, 4).join(':');
}
