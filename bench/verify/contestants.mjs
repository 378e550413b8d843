import { JwtVerifier } from 'aws-jwt-verify';
import { createTokenVerifier } from 'countersign';
import { createVerifier } from 'fast-jwt';
import { importJWK, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { AUDIENCE } from '../measure/open-issuer.mjs';

const REQUIRED_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];
const AT_ONCE = 16;

/**
 * Whoever verifies the issuer's algorithm, pinned to the same issuer, audience and algorithm. Each `open()` is a verifier that
 * has seen no token yet; `isAsync` says that what its function returns is a promise.
 */
export async function openContestants({ algorithm, issuer, jwk, publicKey }) {
  const all = [
    {
      name: 'countersign',
      isAsync: true,
      open() {
        const { verify } = createTokenVerifier({
          audience: AUDIENCE,
          trust: [{ issuer, algorithms: [algorithm], keys: { jwks: { keys: [jwk] } } }],
        });
        return verify;
      },
    },
    openFastJwt('fast-jwt with its cache', true),
    openFastJwt('fast-jwt', false),
    {
      name: 'jsonwebtoken',
      lacks: ['EdDSA'],
      open() {
        const options = { algorithms: [algorithm], issuer, audience: AUDIENCE };
        return (token) => jsonwebtoken.verify(token, publicKey, options);
      },
    },
    {
      name: 'aws-jwt-verify',
      lacks: ['PS256'],
      open() {
        const verifier = JwtVerifier.create({ issuer, audience: AUDIENCE, jwksUri: `${issuer}/jwks.json` });
        verifier.cacheJwks({ keys: [jwk] });
        return (token) => verifier.verifySync(token);
      },
    },
    { name: 'jose', isAsync: true, open: () => verifyWithJose },
    { name: `jose, ${AT_ONCE} at a time`, isAsync: true, atOnce: AT_ONCE, open: () => verifyWithJose },
  ];

  function openFastJwt(name, cache) {
    const key = publicKey.export({ type: 'spki', format: 'pem' });
    const allowed = { algorithms: [algorithm], allowedIss: issuer, allowedAud: AUDIENCE, checkTyp: 'at+jwt' };
    return { name, open: () => createVerifier({ key, cache, ...allowed, requiredClaims: REQUIRED_CLAIMS }) };
  }

  const key = await importJWK(jwk, algorithm);
  const expected = {
    algorithms: [algorithm],
    issuer,
    audience: AUDIENCE,
    typ: 'at+jwt',
    requiredClaims: REQUIRED_CLAIMS,
  };
  const verifyWithJose = (token) => jwtVerify(token, key, expected);

  return all.filter(({ lacks }) => !lacks?.includes(algorithm));
}

/** The good token comes in, and one whose signature or audience is another's does not. */
export async function checkContestant({ name, open }, { good, bad }) {
  const verify = open();
  const verified = await verify(good.toString('latin1'));
  if ((verified.subject ?? verified.sub ?? verified.payload?.sub) !== 'web-shop') {
    throw new Error(`${name} did not tell whose token it is`);
  }
  for (const token of bad) {
    const isAccepted = await Promise.resolve(token.toString('latin1'))
      .then(verify)
      .then(
        () => true,
        () => false,
      );
    if (isAccepted) throw new Error(`${name} accepts a token that must be refused`);
  }
}
