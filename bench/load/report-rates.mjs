import { describeRatio } from '../measure/describe.mjs';
import { judgeAtLeast } from '../measure/judge.mjs';
import { median } from '../measure/median.mjs';
import { modes, nameContestant } from './list-contestants.mjs';
import { relate } from './relate.mjs';

const columns = ['server', 'log lines', 'requests/s', 'of bare', 'processor time per request'];

/** What each of them reached, beside the bare one. */
export function tabulateRates(title, { contestants, found, note }) {
  const bare = contestants.find(({ isBare }) => isBare);
  const rows = contestants.map(({ name, label, mode }) => [
    label,
    mode,
    middle(found, name, 'rate'),
    describeRatio(relate(found, 'rate', name, bare.name).ratio),
    `${middle(found, name, 'microseconds')} µs`,
  ]);
  return { title, columns, rows, note };
}

/** The same as bars of a chart. */
export function drawRates(group, { contestants, found }) {
  return contestants.map(({ name, label, isBare, mode }) => ({
    group,
    name: isBare ? label : `${label} (${mode})`,
    value: middle(found, name, 'rate'),
  }));
}

/** Whether one reaches so many times the rate of another, both writing their logs in the same way. */
export function judgeRates({ what, found, file, other, isOtherBare = false, least }) {
  const measuredModes = modes.filter((mode) => found.has(nameContestant(file, mode)));
  return measuredModes.map((mode) => {
    const measured = relate(
      found,
      'rate',
      nameContestant(file, mode),
      isOtherBare ? other : nameContestant(other, mode),
    );
    return judgeAtLeast(`${what} (lines ${mode.mode})`, least, measured);
  });
}

const middle = (found, name, what) => Math.round(median(found.get(name).map((slice) => slice[what])));
