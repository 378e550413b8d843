import { compareFloods } from '../load/compare-floods.mjs';
import { compareProcesses } from '../load/compare-processes.mjs';
import { FORGERS_ADDRESS } from '../load/forgers-address.mjs';
import { relate } from '../load/relate.mjs';
import { describeRatio } from '../measure/describe.mjs';
import { judgeAtMost } from '../measure/judge.mjs';
import { median, spread } from '../measure/median.mjs';

const MOST_OF_QUIET = 2;
const OURS = {
  name: 'countersign',
  label: 'Countersign, everything on',
  how: 'no refusalBudget',
  file: 'express-countersign',
};
const THRIFTY = {
  name: 'countersign, budget',
  label: 'Countersign, with a refusalBudget',
  how: 'refusalBudget',
  file: 'express-countersign-budget',
};
const BARE = { name: 'bare', label: 'bare Express, which answers forgers too', file: 'express-bare', isBare: true };
const PEERS = [
  { name: 'passport', label: 'passport stack', file: 'express-passport' },
  { name: 'oauth2-jwt-bearer', label: 'express-oauth2-jwt-bearer', file: 'express-oauth2-jwt-bearer' },
];
const rates = { callersPerSecond: 200, forgeriesPerSecond: 1000 };

const full = {
  flood: { rounds: 7, turns: 4, sliceMilliseconds: 1000, warmUpRequests: 5000 },
  crowds: [2, 4],
  processes: { rounds: 7, turns: 4, sliceMilliseconds: 250, warmUpRequests: 10_000 },
};
const little = {
  flood: { rounds: 3, turns: 1, sliceMilliseconds: 500, warmUpRequests: 400 },
  crowds: [2],
  processes: { rounds: 3, turns: 1, sliceMilliseconds: 250, warmUpRequests: 400 },
};

/** What valid callers notice of a flood of forged tokens, and what several processes make of the same load. */
export async function measure({ quick, tell }) {
  // Where forgers can't call from another address, their budget would be the valid callers' as well.
  const ours = FORGERS_ADDRESS ? [OURS, THRIFTY] : [OURS];
  const contestants = quick ? ours : [BARE, ...ours, ...PEERS];
  const effort = quick ? little : full;
  const floods = await compareFloods(contestants, { rates, effort: effort.flood, tell });
  const crowds = effort.crowds.flatMap((processes) =>
    [BARE, OURS].map((server) => ({ ...server, processes, name: nameCrowd(server, processes) })),
  );
  const found = await compareProcesses(crowds, { effort: effort.processes, tell });
  const targets = ours.map(({ name, how }) =>
    judgeAtMost(
      `p99 of valid callers beside 1,000 forged tokens a second, of the quiet p99 (${how})`,
      MOST_OF_QUIET,
      relateFlood(floods.get(name)),
    ),
  );
  return {
    name: 'flood',
    title: 'A flood of forged tokens; several processes',
    tables: [tabulateFloods(contestants, floods), tabulateProcesses(found, effort.crowds)],
    targets,
    noise: Math.max(...targets.map(({ noise }) => noise)),
  };
}

function relateFlood(rounds) {
  const ratios = rounds.map(({ quiet, flooded }) => flooded.p99 / quiet.p99);
  return { ratio: median(ratios), noise: spread(ratios) };
}

function tabulateFloods(contestants, floods) {
  return {
    title: `${rates.callersPerSecond} valid requests a second, alone and beside ${rates.forgeriesPerSecond} forged ones`,
    columns: ['server', 'p50', 'p99', 'p50 flooded', 'p99 flooded', 'p99 of quiet', 'loop delay p99', 'loop busy'],
    rows: contestants.map(({ name, label }) => {
      const rounds = floods.get(name);
      const [quiet, flooded] = ['quiet', 'flooded'].map(
        (what) => (part) => median(rounds.map((round) => round[what][part])),
      );
      return [
        label,
        describeMilliseconds(quiet('p50')),
        describeMilliseconds(quiet('p99')),
        describeMilliseconds(flooded('p50')),
        describeMilliseconds(flooded('p99')),
        describeRatio(relateFlood(rounds).ratio),
        `${describeMilliseconds(quiet('delay'))} → ${describeMilliseconds(flooded('delay'))}`,
        `${describeShare(quiet('busy'))} → ${describeShare(flooded('busy'))}`,
      ];
    }),
    note: 'Requests are sent at random times, whether or not earlier ones are answered. Forgeries are well formed, name the right key and are signed by another one, each a different token; they come from another address than the valid ones. The budget: 100 refusals in 10 s.',
  };
}

function tabulateProcesses(found, crowds) {
  return {
    title: 'Several processes (node:cluster), callers that come back, lines one by one',
    columns: ['processes', 'bare, requests/s', 'Countersign, requests/s', 'of bare'],
    rows: crowds.map((processes) => {
      const [bare, ours] = [BARE, OURS].map((server) => nameCrowd(server, processes));
      const rate = (name) => Math.round(median(found.get(name).map((slice) => slice.rate)));
      return [processes, rate(bare), rate(ours), describeRatio(relate(found, 'rate', ours, bare).ratio)];
    }),
    note: 'Where there are only two cores, the load takes its share of them.',
  };
}

const nameCrowd = ({ name }, processes) => `${name}, ${processes} processes`;
const describeMilliseconds = (value) => `${value.toFixed(2)} ms`;
const describeShare = (value) => `${Math.round(value * 100)} %`;
