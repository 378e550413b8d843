import { arch, availableParallelism, cpus, totalmem, type } from 'node:os';

/** What the figures depend on. */
export function describeMachine() {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const { node, openssl, v8 } = process.versions;
  return `${availableParallelism()} × ${cpus()[0].model.trim()}, ${gibibytes} GiB, ${type()} ${arch()}; Node ${node} (V8 ${v8}, OpenSSL ${openssl})`;
}
