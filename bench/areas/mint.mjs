import { createKeyRing, createTokenMinter, createTokenVerifier } from 'countersign';
import { compare } from '../measure/compare.mjs';
import { describeNanoseconds, describeRatio } from '../measure/describe.mjs';
import { judgeAtMost } from '../measure/judge.mjs';
import { AUDIENCE, openIssuer } from '../measure/open-issuer.mjs';
import { attach } from '../mint/attach.mjs';

const ALGORITHMS = ['ES256', 'EdDSA', 'RS256'];
const OURS = 'countersign';
const FLOOR = 'crypto.sign alone';
const MOST_OVER_FLOOR = 1.15;
const MOST_OVER_ASSIGNMENT = 2;
const MOST_OF_FETCH = 0.01;

/** Tokens that are made, and tokens that are shown again. */
export async function measure({ quick, tell }) {
  const settings = quick ? { rounds: 3, milliseconds: 100 } : { rounds: 9, milliseconds: 300 };
  const minted = [];
  for (const algorithm of ALGORITHMS) {
    tell(`minting with ${algorithm}`);
    minted.push({ algorithm, times: await mint(algorithm, settings) });
  }
  tell('attaching a token');
  const { alone, around, fetched } = await attach(settings);
  const targets = [
    ...minted.map(({ algorithm, times }) =>
      judgeAtMost(`${algorithm}, mint: over ${FLOOR}`, MOST_OVER_FLOOR, times.ratioOf(OURS, FLOOR)),
    ),
    judgeAtMost(
      'a reused token: over the same header by hand',
      MOST_OVER_ASSIGNMENT,
      alone.ratioOf('by the client', 'by hand'),
    ),
    judgeShare(alone, fetched),
  ];
  return {
    name: 'mint',
    title: 'Minting a token, and showing it',
    tables: [
      {
        title: 'Mint',
        columns: ['', FLOOR, `${OURS} mint()`, 'ratio'],
        rows: minted.map(({ algorithm, times }) => [algorithm, ...describePair(times, FLOOR, OURS)]),
        note: `${FLOOR} signs as many bytes with the same key; RSA keys have 2048 bits. Slices of a few calls, in turn.`,
      },
      {
        title: 'Attach a token that is reused',
        columns: ['', 'by hand', 'by the client', 'ratio'],
        rows: [
          ['the header alone', ...describePair(alone, 'by hand', 'by the client')],
          ['a fetch that sends nothing', ...describePair(around, 'by hand', 'by the client')],
          ['a fetch on loopback', ...describePair(fetched, 'by hand', 'by the client')],
        ],
        note: 'By hand: `headers.set`, or `fetch(url, { headers })`, of a token that lies ready. The client builds the request itself, to look at where it goes.',
      },
    ],
    targets,
    noise: Math.max(...targets.map(({ noise }) => noise)),
  };
}

async function mint(algorithm, settings) {
  const issuer = openIssuer(algorithm);
  const keyRing = createKeyRing({ active: { jwk: issuer.privateKey.export({ format: 'jwk' }) } });
  const minter = createTokenMinter({ issuer: 'https://shop.internal', subject: 'web-shop', keyRing });
  const token = await minter.mint({ audience: AUDIENCE });
  const trust = [{ service: 'web-shop', issuer: 'https://shop.internal', keys: { jwks: keyRing.jwks() }, grants: [] }];
  await createTokenVerifier({ audience: AUDIENCE, trust }).verify(token);

  const data = Buffer.from(token.slice(0, token.lastIndexOf('.')));
  const contestants = [
    {
      name: FLOOR,
      run(count) {
        for (let left = count; left > 0; left--) issuer.signBytes(data);
      },
    },
    {
      name: OURS,
      async run(count) {
        for (let left = count; left > 0; left--) await minter.mint({ audience: AUDIENCE });
      },
    },
  ];
  return compare(contestants, { ...settings, sliceMilliseconds: 0.3 });
}

function describePair(times, floor, ours) {
  const both = [floor, ours].map((name) => describeNanoseconds(times.nanosecondsOf(name)));
  return [...both, describeRatio(times.ratioOf(ours, floor).ratio)];
}

function judgeShare(alone, fetched) {
  const share = alone.nanosecondsOf('by the client') / fetched.nanosecondsOf('by hand');
  return {
    what: 'a reused token: share of a fetch on loopback',
    target: 'under 1 %',
    measured: `${(share * 100).toFixed(2)} %`,
    isMet: share < MOST_OF_FETCH,
    noise: alone.ratioOf('by the client', 'by hand').noise,
    margin: Math.abs(share / MOST_OF_FETCH - 1),
  };
}
