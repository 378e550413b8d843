import { compare } from '../measure/compare.mjs';
import { describeNanoseconds, describeRatio } from '../measure/describe.mjs';
import { median } from '../measure/median.mjs';
import { runInTurn } from '../measure/run-in-turn.mjs';
import { observeBurst } from '../pool/observe-burst.mjs';
import { openWays } from '../pool/open-ways.mjs';

const BURST = 100;
const KEYS = [
  { name: 'ES256', kind: 'ec', options: { namedCurve: 'P-256' }, parameters: { dsaEncoding: 'ieee-p1363' } },
  { name: 'RS256, 2048 bits', kind: 'rsa', options: { modulusLength: 2048 } },
  { name: 'RS256, 4096 bits', kind: 'rsa', options: { modulusLength: 4096 } },
];
const WAYS = ['inline', 'pool'];

/** Whether a signature is better checked on the thread pool than where the request is. */
export async function measure({ quick, tell }) {
  const settings = quick ? { rounds: 3, milliseconds: 60 } : { rounds: 9, milliseconds: 600 };
  const measured = [];
  for (const key of KEYS) {
    tell(key.name);
    measured.push({ name: key.name, ...(await measureKey(openWays(key, BURST), settings)) });
  }
  return {
    name: 'pool',
    title: 'Checking signatures inline, or on the thread pool',
    tables: [
      {
        title: 'One token alone, until its verdict is there',
        ...tabulate(measured, ({ one }, way) => one.nanosecondsOf(way)),
      },
      {
        title: `A burst of ${BURST} new tokens: time until all verdicts are there, for each token`,
        ...tabulate(measured, ({ burst }, way) => burst.nanosecondsOf(way) / BURST),
      },
      {
        title: "In the burst, the processor's time of the caller's own thread, for each token",
        ...tabulate(measured, ({ observed }, way) => observed[way].used / BURST),
      },
      {
        title: 'In the burst, the longest time that nothing else has its turn',
        ...tabulate(measured, ({ observed }, way) => observed[way].blocked),
        note: `Nothing but the check itself, on bytes that lie ready. Timers have a grain of about 1 ms. ${measured.map(conclude).join(' ')}`,
      },
    ],
    targets: [],
    noise: Math.max(...measured.map(({ one, burst }) => Math.max(ratioOf(one).noise, ratioOf(burst).noise))),
  };
}

async function measureKey(ways, settings) {
  const contest = (what) => WAYS.map((name) => ({ name, run: runInTurn(name === 'pool', ways[name][what]) }));
  const one = await compare(contest('one'), settings);
  const burst = await compare(contest('burst'), { ...settings, sliceMilliseconds: 30 });
  const seen = { inline: [], pool: [] };
  for (let round = 0; round < settings.rounds * 3; round++) {
    for (const way of WAYS) seen[way].push(await observeBurst(ways[way].burst));
  }
  return { one, burst, observed: { inline: summarize(seen.inline), pool: summarize(seen.pool) } };
}

const summarize = (bursts) => ({
  used: median(bursts.map(({ used }) => used)),
  blocked: median(bursts.map(({ blocked }) => blocked)),
});
const ratioOf = (times) => times.ratioOf('pool', 'inline');

function tabulate(measured, pick) {
  return {
    columns: ['', ...WAYS, 'ratio'],
    rows: measured.map((one) => {
      const [inline, pool] = WAYS.map((way) => pick(one, way));
      return [one.name, describeNanoseconds(inline), describeNanoseconds(pool), describeRatio(pool / inline)];
    }),
  };
}

/** The pool is there for those who wait: it repays where they wait half as long at most. */
const MOST_BLOCKED = 0.5;

/** What the figures say of one key. */
function conclude({ name, one, burst, observed }) {
  const blocked = observed.pool.blocked / observed.inline.blocked;
  const verdict = blocked <= MOST_BLOCKED ? 'the pool repays the hop' : "the pool doesn't repay the hop";
  const [alone, together] = [one, burst].map((times) => describeRatio(ratioOf(times).ratio));
  return `${name}: ${verdict} (${alone} alone, ${together} in a burst, others wait ${describeRatio(blocked)}).`;
}
