import { constants, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

const RSA = ['rsa', { modulusLength: 2048 }];

/** What `node:crypto` has to be told for each algorithm (RFC 7518 section 3). */
const algorithms = {
  RS256: { pair: RSA, digest: 'sha256' },
  PS256: {
    pair: RSA,
    digest: 'sha256',
    parameters: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  ES256: { pair: ['ec', { namedCurve: 'P-256' }], digest: 'sha256', parameters: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { pair: ['ed25519'], digest: null },
};

export const AUDIENCE = 'api://orders';
const LIFETIME_SECONDS = 900;

/** An issuer with a key of its own, which signs RFC 9068 access tokens of one service; and the bare signature alone. */
export function openIssuer(algorithm, { issuer = 'https://idp.example', keyId = randomBytes(8).toString('hex') } = {}) {
  const { pair, digest, parameters } = algorithms[algorithm];
  const { privateKey } = generateKeyPairSync(...pair);
  const publicKey = createPublicKey(privateKey);
  const signer = parameters ? { key: privateKey, ...parameters } : privateKey;
  const verifier = parameters ? { key: publicKey, ...parameters } : publicKey;
  const header = encode({ alg: algorithm, typ: 'at+jwt', kid: keyId });

  return {
    algorithm,
    issuer,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: algorithm, use: 'sig' },
    /** Nothing but the signature. */
    signBytes: (data) => sign(digest, data, signer),
    verifyBytes: (data, signature) => verify(digest, data, verifier, signature),
    /** A token as a socket would bring it. */
    signToken(claims = {}) {
      const input = `${header}.${encode(compose(issuer, claims))}`;
      return Buffer.from(`${input}.${sign(digest, Buffer.from(input), signer).toString('base64url')}`, 'latin1');
    },
  };
}

function compose(issuer, claims) {
  const issuedAt = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    exp: issuedAt + LIFETIME_SECONDS,
    aud: AUDIENCE,
    sub: 'web-shop',
    client_id: 'web-shop',
    iat: issuedAt,
    jti: randomBytes(16).toString('base64url'),
    scope: 'orders:read orders:write',
    ...claims,
  };
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
