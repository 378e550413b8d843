import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeBytes, describeNanoseconds, describeRatio } from '../measure/describe.mjs';
import { judgeAtMost } from '../measure/judge.mjs';
import { median, spread } from '../measure/median.mjs';
import { decideWithGrants } from '../scale/decide-with-grants.mjs';
import { verifyWithIssuers } from '../scale/verify-with-issuers.mjs';

const run = promisify(execFile);
const GRANTS = [10, 100, 1000, 10_000, 100_000];
const ISSUERS = [1, 10, 100, 1000];
const KEYS = [1, 10, 100, 1000, 10_000];
/** A set with more is not used at all. */
const MOST_KEYS_OF_ISSUER = 100;
const MOST_RATIO = 1.2;
const MOST_BYTES = 1500;
/** Heap after the last tenth, over heap after the first one. */
const MOST_GROWTH = 1.05;

/** What it costs to know many: grants, issuers, keys, tokens. */
export async function measure({ quick, tell }) {
  const settings = quick ? { rounds: 3, milliseconds: 60 } : { rounds: 11, milliseconds: 200 };
  tell('decisions with many grants');
  const grants = await decideWithGrants(GRANTS, settings);
  tell('verification with many issuers');
  const issuers = await verifyWithIssuers(ISSUERS.map(sizeOfIssuers), { ...settings, sliceMilliseconds: 2 });
  tell('verification with many keys');
  const keyCounts = quick ? KEYS.filter((count) => count <= 1000) : KEYS;
  const keys = await verifyWithIssuers(keyCounts.map(sizeOfKeys), { ...settings, sliceMilliseconds: 2 });
  const tokens = quick ? 10_000 : 1_000_000;
  const remembered = quick ? 1000 : 10_000;
  tell(`${tokens.toLocaleString('en')} distinct tokens`);
  const memory = await fillMemory(tokens, remembered);

  const targets = [
    judgeAtMost(`decision with ${format(GRANTS.at(-1))} grants: over 10`, MOST_RATIO, compareEnds(grants, GRANTS)),
    judgeAtMost(
      `verification with ${format(ISSUERS.at(-1))} issuers: over 10`,
      MOST_RATIO,
      compareEnds(issuers, ISSUERS),
    ),
    judgeAtMost(
      `verification with ${format(keyCounts.at(-1))} keys: over 10`,
      MOST_RATIO,
      compareEnds(keys, keyCounts),
    ),
    ...judgeMemory(memory, tokens),
  ];
  return {
    name: 'scale',
    title: 'Scale',
    tables: [
      { title: 'A decision, by grants', ...tabulate('grants', GRANTS, grants) },
      { title: 'Verifying a new token (EdDSA), by issuers', ...tabulate('issuers', ISSUERS, issuers) },
      {
        title: 'Verifying a new token (EdDSA), by keys',
        ...tabulate('keys', keyCounts, keys),
        note: `One issuer has at most ${MOST_KEYS_OF_ISSUER} keys, so more of them are those of several issuers.`,
      },
      {
        title: `The heap after ${format(tokens)} distinct tokens`,
        columns: ['tokens', 'heap'],
        rows: [
          ['none', describeBytes(memory.empty)],
          ...memory.heaps.map((heap, at) => [format(((at + 1) * tokens) / 10), describeBytes(heap)]),
        ],
        note: memory.remembers
          ? `Garbage collected, buffers included; ${format(remembered)} tokens are remembered, each in ${describeBytes(memory.bytesPerToken)}.`
          : 'Garbage collected, buffers included; this version remembers no tokens.',
      },
    ],
    targets,
    noise: Math.max(...targets.map(({ noise }) => noise)),
  };
}

const sizeOfIssuers = (count) => ({ name: String(count), issuers: count, keys: 1 });
const sizeOfKeys = (count) => ({
  name: String(count),
  issuers: Math.ceil(count / MOST_KEYS_OF_ISSUER),
  keys: Math.min(count, MOST_KEYS_OF_ISSUER),
});
const compareEnds = (times, counts) => times.ratioOf(String(counts.at(-1)), '10');
const format = (count) => count.toLocaleString('en');

function tabulate(what, counts, times) {
  return {
    columns: [what, 'time', 'over 10'],
    rows: counts.map((count) => [
      format(count),
      describeNanoseconds(times.nanosecondsOf(String(count))),
      describeRatio(times.ratioOf(String(count), '10').ratio),
    ]),
  };
}

async function fillMemory(tokens, remembered) {
  const script = fileURLToPath(new URL('../scale/fill-memory.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, ['--expose-gc', script, tokens, remembered].map(String));
  const { empty, heaps, remembers } = JSON.parse(stdout);
  return { empty, heaps, remembers, bytesPerToken: (median(heaps) - empty) / remembered };
}

function judgeMemory({ heaps, remembers, bytesPerToken }, tokens) {
  const growth = { ratio: heaps.at(-1) / heaps[0], noise: spread(heaps) };
  const flat = judgeAtMost(`heap after ${format(tokens)} tokens: over a tenth of them`, MOST_GROWTH, growth);
  if (!remembers) return [flat];
  const bytes = {
    what: 'a remembered token',
    target: `at most ${describeBytes(MOST_BYTES)}`,
    measured: describeBytes(bytesPerToken),
    isMet: bytesPerToken <= MOST_BYTES,
    noise: growth.noise,
    margin: Math.abs(bytesPerToken / MOST_BYTES - 1),
  };
  return [flat, bytes];
}
