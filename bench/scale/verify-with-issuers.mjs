import { createTokenVerifier } from 'countersign';
import { compare } from '../measure/compare.mjs';
import { findMemoryOption } from '../measure/find-memory-option.mjs';
import { AUDIENCE, openIssuer } from '../measure/open-issuer.mjs';

const TOKENS = 500;

/** Verifications by verifiers that trust so many issuers, with so many keys each; tokens come from all of them alike. */
export async function verifyWithIssuers(sizes, settings) {
  const contestants = [];
  for (const size of sizes) contestants.push(await openVerifier(size));
  return compare(contestants, settings);
}

async function openVerifier({ name, issuers, keys }) {
  const holders = Array.from({ length: issuers }, (_, at) => openKeys(`https://idp-${at}.example`, keys));
  const verifier = createTokenVerifier({
    audience: AUDIENCE,
    trust: holders.map((ofIssuer) => ({
      issuer: ofIssuer[0].issuer,
      algorithms: ['EdDSA'],
      keys: { jwks: { keys: ofIssuer.map(({ jwk }) => jwk) } },
    })),
    // Each token counts as a new one: with a memory of those seen before there would be nothing to verify.
    ...findMemoryOption(false),
  });
  const signers = holders.flat();
  // Spread evenly: with more keys than tokens, from the first issuer to the last.
  const tokens = Array.from({ length: TOKENS }, (_, at) =>
    signers[Math.floor((at * signers.length) / TOKENS)].signToken(),
  ).sort(() => Math.random() - 0.5);
  const stranger = openIssuer('EdDSA', { issuer: 'https://idp-0.example' }).signToken();
  await verifier.verify(stranger.toString('latin1')).then(
    () => {
      throw new Error('the token of a key that nobody published comes in');
    },
    ({ reason }) => {
      if (reason !== 'key_unknown') throw new Error(`denied for another reason: ${reason}`);
    },
  );
  // OpenSSL prepares a key when it is used for the first time.
  for (const token of tokens) await verifier.verify(token.toString('latin1'));
  let at = 0;
  return {
    name,
    async run(count) {
      for (let left = count; left > 0; left--) await verifier.verify(tokens[at++ % TOKENS].toString('latin1'));
    },
  };
}

function openKeys(issuer, count) {
  return Array.from({ length: count }, (_, at) => openIssuer('EdDSA', { issuer, keyId: `key-${at}` }));
}
