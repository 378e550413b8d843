import { compare } from '../measure/compare.mjs';
import { describeNanoseconds, describeRatio } from '../measure/describe.mjs';
import { judgeAtLeast, judgeAtMost } from '../measure/judge.mjs';
import { openIssuer } from '../measure/open-issuer.mjs';
import { checkContestant, openContestants } from '../verify/contestants.mjs';
import { presentAgain, presentTokens } from '../verify/present-tokens.mjs';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const OURS = 'countersign';
const FLOOR = 'crypto.verify alone';
const STRING = 'the fresh string alone';
const CACHED = 'fast-jwt with its cache';
/** How much longer a new token may take than its bare signature. */
const MOST_OVER_FLOOR = { RS256: 1.4, ES256: 1.2, EdDSA: 1.15 };
const RIVALS = ['jose', 'jsonwebtoken'];
const LEAST_OVER_CACHED = { RS256: 3, PS256: 4, ES256: 4, EdDSA: 4 };

/** Tokens that were seen before, and new ones, for each algorithm. */
export async function measure({ quick, tell }) {
  const settings = quick ? { rounds: 3, milliseconds: 20, warmUpMilliseconds: 30 } : { rounds: 9, milliseconds: 150 };
  const measured = [];
  for (const algorithm of ALGORITHMS) {
    tell(`${algorithm}: signing tokens`);
    measured.push(await measureAlgorithm(algorithm, { settings, count: quick ? 200 : 3000, tell }));
  }
  const targets = measured.flatMap(judge);
  return {
    name: 'verify',
    title: 'Verifying a token',
    tables: [
      {
        title: 'A token seen before',
        ...tabulate(measured, ({ again }) => again, OURS),
        note: `One token again and again, each time as a fresh string. × is the time of ${OURS}. ${STRING} is a part of all others.`,
      },
      {
        title: 'A new token each time',
        ...tabulate(measured, ({ fresh }) => fresh, FLOOR),
        note: `No verifier has seen its token before. × is the time of ${FLOOR}, on bytes that were prepared.`,
      },
      {
        title: `A new token, each slice of ${OURS} between two of ${FLOOR}`,
        columns: ['', ...ALGORITHMS],
        rows: [['ratio', ...measured.map(({ pair }) => describeRatio(pair.ratioOf(OURS, FLOOR).ratio))]],
      },
    ],
    targets,
    bars: [
      ...draw('Verify, a token seen before (RS256)', find(measured, 'RS256').again, [STRING, FLOOR]),
      ...draw('Verify, a new token each time (RS256)', find(measured, 'RS256').fresh),
      ...draw('Verify, a new token each time (ES256)', find(measured, 'ES256').fresh),
    ],
    noise: Math.max(...targets.map(({ noise }) => noise)),
  };
}

async function measureAlgorithm(algorithm, { settings, count, tell }) {
  const issuer = openIssuer(algorithm);
  const tokens = Array.from({ length: count }, () => issuer.signToken());
  const contestants = await openContestants(issuer);
  const bad = [forge(tokens[0]), issuer.signToken({ aud: 'api://another' }), issuer.signToken({ exp: 1 })];
  for (const contestant of contestants) await checkContestant(contestant, { good: tokens[0], bad });
  const floor = openFloor(issuer, tokens);

  tell(`${algorithm}: a token seen before`);
  const [token] = tokens;
  const returning = contestants
    .map((contestant) => ({ name: contestant.name, ...presentAgain(contestant, token) }))
    .filter(({ run }) => run);
  const string = { name: STRING, run: (times) => makeStrings(token, times) };
  const again = await time([...returning, floor, string], settings);

  tell(`${algorithm}: a new token each time`);
  const strangers = contestants.map((contestant) => ({ name: contestant.name, ...presentTokens(contestant, tokens) }));
  const fresh = await time([...strangers, floor], settings);

  // A handful of calls in turn: both find the processor's caches as the other one left them.
  const pair = await compare([strangers.find(({ name }) => name === OURS), floor], {
    ...settings,
    milliseconds: Math.min(250, 2 * settings.milliseconds),
    sliceMilliseconds: 0.3,
  });
  return { algorithm, again, fresh, pair };
}

async function time(contestants, settings) {
  return { names: contestants.map(({ name }) => name), ...(await compare(contestants, settings)) };
}

/** One bit of the signature is another. */
function forge(token) {
  const forged = Buffer.from(token);
  const at = forged.length - 10;
  forged[at] = forged[at] === 0x41 ? 0x42 : 0x41;
  return forged;
}

/** The signature alone: bytes, key and parameters lie ready. */
function openFloor({ verifyBytes }, tokens) {
  const prepared = tokens.map((token) => {
    const end = token.lastIndexOf('.');
    return [token.subarray(0, end), Buffer.from(token.toString('latin1', end + 1), 'base64url')];
  });
  let at = 0;
  return {
    name: FLOOR,
    run(count) {
      for (let left = count; left > 0; left--) {
        const [data, signature] = prepared[at++ % prepared.length];
        if (!verifyBytes(data, signature)) throw new Error(`${FLOOR} refuses a signature`);
      }
    },
  };
}

function makeStrings(token, count) {
  let length = 0;
  for (let left = count; left > 0; left--) length += token.toString('latin1').length;
  if (length !== count * token.length) throw new Error('a string got lost');
}

function tabulate(measured, pick, base) {
  const names = [...new Set(measured.flatMap((one) => pick(one).names))];
  const describe = (one, name) => {
    const times = pick(one);
    if (!times.names.includes(name)) return '–';
    const time = describeNanoseconds(times.nanosecondsOf(name));
    return name === base ? time : `${time} (${describeRatio(times.ratioOf(name, base).ratio)})`;
  };
  return {
    columns: ['', ...ALGORITHMS],
    rows: names.map((name) => [name, ...measured.map((one) => describe(one, name))]),
  };
}

function judge({ algorithm, again, fresh, pair }) {
  const most = MOST_OVER_FLOOR[algorithm];
  const rivals = fresh.names.filter((name) => RIVALS.includes(name));
  return [
    judgeAtLeast(
      `${algorithm}, a token seen before: fast-jwt's cache takes longer`,
      LEAST_OVER_CACHED[algorithm],
      again.ratioOf(CACHED, OURS),
    ),
    ...(most ? [judgeAtMost(`${algorithm}, a new token: over ${FLOOR}`, most, pair.ratioOf(OURS, FLOOR))] : []),
    ...rivals.map((name) =>
      judgeAtLeast(`${algorithm}, a new token: ${name} takes longer`, 1, fresh.ratioOf(name, OURS)),
    ),
  ];
}

const find = (measured, algorithm) => measured.find((one) => one.algorithm === algorithm);

function draw(group, times, hidden = []) {
  const shown = times.names.filter((name) => !hidden.includes(name));
  return shown.map((name) => ({ group, name, value: 1e9 / times.nanosecondsOf(name) }));
}
