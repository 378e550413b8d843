import { chooseEffort } from '../load/choose-effort.mjs';
import { compareRates } from '../load/compare-rates.mjs';
import { listContestants } from '../load/list-contestants.mjs';
import { drawRates, judgeRates, tabulateRates } from '../load/report-rates.mjs';

const OURS = 'express-countersign';
const BARE = 'express-bare';

const servers = {
  bare: { label: 'bare Express', file: BARE },
  stacks: [
    { label: 'Countersign, everything on', file: OURS },
    { label: 'passport stack', file: 'express-passport' },
    { label: 'express-oauth2-jwt-bearer', file: 'express-oauth2-jwt-bearer' },
  ],
};

/** What is left of the throughput of an Express route once requests are verified, decided, recorded and measured. */
export async function measure({ quick, tell }) {
  const contestants = listContestants(servers, quick);
  const cases = ['returning', 'fresh'];
  const { returning, fresh, autocannon, isPinned } = await compareRates(contestants, {
    cases,
    effort: chooseEffort(quick),
    tell,
  });
  const targets = [
    ...judgeRates({
      what: 'Express with everything on, of bare Express',
      found: returning,
      file: OURS,
      other: BARE,
      isOtherBare: true,
      least: 0.8,
    }),
    ...judgeRates({
      what: 'Express with everything on, of the passport stack',
      found: returning,
      file: OURS,
      other: 'express-passport',
      least: 4,
    }),
    ...judgeRates({
      what: 'Express, a new token each time, of express-oauth2-jwt-bearer',
      found: fresh,
      file: OURS,
      other: 'express-oauth2-jwt-bearer',
      least: 1.4,
    }),
  ];
  const note = [
    'The passport stack is passport, passport-jwt, jwks-rsa with its cache, and a check of the scope.',
    'It and express-oauth2-jwt-bearer log with pino-http (method, path, status, time: less than our line) and count with express-prom-bundle.',
    'In batches, lines are written up to 50 ms late by Countersign, and 4 KiB at a time by pino.',
    isPinned ? 'Servers and load have a core each.' : 'Servers and load share the cores.',
    `autocannon, in the place of our load generator, gets ${Math.round(autocannon.rate)} requests/s out of the bare route.`,
  ].join(' ');
  return {
    name: 'express',
    title: 'Whole pipeline on Express 5',
    tables: [
      tabulateRates('50 callers that come back', { contestants, found: returning, note }),
      tabulateRates('A new token for each request', { contestants, found: fresh }),
    ],
    targets,
    bars: [
      ...drawRates('Express 5, callers that come back: requests/s', { contestants, found: returning }),
      ...drawRates('Express 5, a new token each time: requests/s', { contestants, found: fresh }),
    ],
    noise: Math.max(...targets.map(({ noise }) => noise)),
  };
}
