import { afterAll, describe, expect, it } from '@jest/globals';
import { type TimeSignalOptions, timeSignal } from 'countersign';
import { optionRefused } from '../support/option-refused.js';
import { ask, clock, openRiskService } from '../support/risk-service.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

/** Moves the clock of all to a moment. */
const moveTo = (moment: string) => clock.advance(Date.parse(moment) / 1000 - clock.now());

async function start(options: TimeSignalOptions) {
  const { app, log } = openRiskService({ signals: [timeSignal(options)] });
  const base = await startServer(app);
  return async (moment: string) => {
    moveTo(moment);
    return ask(base, log);
  };
}

const berlin = { timeZone: 'Europe/Berlin' } as const;
const office = { ...berlin, hours: '08:00-18:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] } as const;
const night = { ...berlin, hours: '22:00-06:00', days: ['fri'] } as const;
const shifts = { timeZone: 'Asia/Kolkata', hours: ['06:00-10:30', '14:00-24:00'] } as const;

describe('the time at which a request comes', () => {
  // 2026-03-29 is the Sunday on which summer time begins in Berlin; 2026-03-27 is a Friday.
  it.each<[string, string, TimeSignalOptions, boolean]>([
    ['the first moment of winter’s office', '2026-03-27T07:00:00Z', office, true],
    ['a second before', '2026-03-27T06:59:59Z', office, false],
    ['the last second', '2026-03-27T16:59:59Z', office, true],
    ['the end', '2026-03-27T17:00:00Z', office, false],
    ['a Saturday', '2026-03-28T10:00:00Z', office, false],
    ['a Sunday', '2026-03-29T10:00:00Z', office, false],
    ['the first moment of summer’s office', '2026-03-30T06:00:00Z', office, true],
    ['an hour later than its last', '2026-03-30T16:00:00Z', office, false],
    ['a Friday’s night', '2026-03-27T21:00:00Z', night, true],
    ['its morning after', '2026-03-28T04:59:59Z', night, true],
    ['the end of that', '2026-03-28T05:00:00Z', night, false],
    ['a Friday’s morning, which is Thursday’s night', '2026-03-27T03:00:00Z', night, false],
    ['a Saturday’s night', '2026-03-28T22:00:00Z', night, false],
    ['a shift in a zone of half hours', '2026-03-28T04:59:59Z', shifts, true],
    ['between the shifts', '2026-03-28T05:00:00Z', shifts, false],
    ['the last second of a day', '2026-03-28T18:29:59Z', shifts, true],
    ['midnight', '2026-03-28T18:30:00Z', shifts, false],
    ['any time', '2026-03-28T00:00:00Z', { timeZone: 'UTC', hours: '00:00-24:00' }, true],
  ])('%s, %s', async (_what, moment, options, isWithin) => {
    const { told, record } = await (await start(options))(moment);
    expect(told).toEqual(isWithin ? [200, 'permit'] : [403, 'risk_too_high']);
    const reason = isWithin ? 'came within the hours' : 'came outside of the hours';
    expect(record.risk?.signals).toEqual([{ name: 'time', score: isWithin ? 0 : 1, reason }]);
  });

  it('counts anew with each request', async () => {
    const at = await start({ ...office, otherwise: 0.4, name: 'office' });
    const scores: unknown[] = [];
    for (const moment of ['2026-03-27T16:59:59Z', '2026-03-27T17:00:00Z', '2026-03-30T08:00:00Z']) {
      scores.push((await at(moment)).scores);
    }
    expect(scores).toEqual([['office 0'], ['office 0.4'], ['office 0']]);
  });

  it.each<[unknown, string]>([
    [{}, 'timeSignal.hours'],
    [{ hours: '08:00-18:00' }, 'timeSignal.timeZone'],
    [{ ...office, timeZone: 'Europe/Bielefeld' }, 'timeSignal.timeZone'],
    [{ ...office, timeZone: undefined }, 'timeSignal.timeZone'],
    [{ ...office, hours: [] }, 'timeSignal.hours'],
    [{ ...office, hours: '8-18' }, 'timeSignal.hours'],
    [{ ...office, hours: '08:00-08:00' }, 'timeSignal.hours'],
    [{ ...office, hours: '24:00-08:00' }, 'timeSignal.hours'],
    [{ ...office, hours: '08:00-24:01' }, 'timeSignal.hours'],
    [{ ...office, hours: '08:60-18:00' }, 'timeSignal.hours'],
    [{ ...office, hours: ['08:00-10:00', 'noon'] }, 'timeSignal.hours'],
    [{ ...office, days: [] }, 'timeSignal.days'],
    [{ ...office, days: ['monday'] }, 'timeSignal.days'],
    [{ ...office, days: ['Mon'] }, 'timeSignal.days'],
    [{ ...office, otherwise: -0.1 }, 'timeSignal.otherwise'],
    [{ ...office, name: 7 }, 'timeSignal.name'],
    [{ ...office, day: ['mon'] }, 'timeSignal.day'],
    [office, 'accepted'],
  ])('is an error at start for %j: %s', (options, option) => {
    expect(optionRefused(() => timeSignal(options as TimeSignalOptions))).toBe(option);
  });
});
