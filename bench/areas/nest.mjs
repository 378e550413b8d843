import { chooseEffort } from '../load/choose-effort.mjs';
import { compareRates } from '../load/compare-rates.mjs';
import { listContestants } from '../load/list-contestants.mjs';
import { drawRates, judgeRates, tabulateRates } from '../load/report-rates.mjs';

const OURS = 'nest-countersign';
const BARE = 'nest-bare';

const servers = {
  bare: { label: 'bare Nest', file: BARE },
  stacks: [
    { label: 'Countersign, everything on', file: OURS },
    { label: '@nestjs/passport stack', file: 'nest-passport' },
  ],
};

/** What is left of the throughput of a Nest route once requests are verified, decided, recorded and measured. */
export async function measure({ quick, tell }) {
  const contestants = listContestants(servers, quick);
  const cases = quick ? ['returning'] : ['returning', 'fresh'];
  const { returning, fresh, isPinned } = await compareRates(contestants, {
    cases,
    effort: chooseEffort(quick),
    tell,
  });
  const targets = [
    ...judgeRates({
      what: 'Nest with everything on, of bare Nest',
      found: returning,
      file: OURS,
      other: BARE,
      isOtherBare: true,
      least: 0.85,
    }),
    ...judgeRates({
      what: 'Nest with everything on, of the @nestjs/passport stack',
      found: returning,
      file: OURS,
      other: 'nest-passport',
      least: 3.5,
    }),
  ];
  const note = [
    'Nest on Express. The @nestjs/passport stack is passport-jwt, jwks-rsa with its cache and a guard for the scope;',
    'it logs with nestjs-pino (method, path, status, time: less than our line) and counts with express-prom-bundle.',
    isPinned ? 'Servers and load have a core each.' : 'Servers and load share the cores.',
  ].join(' ');
  return {
    name: 'nest',
    title: 'Whole pipeline on Nest 12',
    tables: [
      tabulateRates('50 callers that come back', { contestants, found: returning, note }),
      ...(fresh ? [tabulateRates('A new token for each request', { contestants, found: fresh })] : []),
    ],
    targets,
    bars: [
      ...drawRates('Nest 12, callers that come back: requests/s', { contestants, found: returning }),
      ...(fresh ? drawRates('Nest 12, a new token each time: requests/s', { contestants, found: fresh }) : []),
    ],
    noise: Math.max(...targets.map(({ noise }) => noise)),
  };
}
