import { generateKeyPairSync, sign, verify } from 'node:crypto';

/** The two ways to check the same signatures: here and now, or on the thread pool. Each run is a burst of them all. */
export function openWays({ kind, options, parameters }, count) {
  const { privateKey, publicKey } = generateKeyPairSync(kind, options);
  const signed = Array.from({ length: count }, (_, at) => {
    const data = Buffer.from(`${at}.`.padEnd(400, 'token'));
    return { data, signature: sign('sha256', data, { key: privateKey, ...parameters }) };
  });
  const key = { key: publicKey, ...parameters };
  const checkInline = ({ data, signature }) => accept(verify('sha256', data, key, signature));
  const checkInPool = ({ data, signature }) =>
    new Promise((resolve, reject) => {
      verify('sha256', data, key, signature, (error, isValid) => {
        if (error || !isValid) reject(error ?? new Error('a signature was refused'));
        else resolve();
      });
    });
  return {
    inline: { one: () => checkInline(signed[0]), burst: () => signed.forEach(checkInline) },
    pool: { one: () => checkInPool(signed[0]), burst: () => Promise.all(signed.map(checkInPool)) },
  };
}

function accept(isValid) {
  if (!isValid) throw new Error('a signature was refused');
}
