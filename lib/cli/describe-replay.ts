import { alignTable } from './align-table.js';
import type { Style } from './choose-style.js';
import { describeStation, type StationContext } from './describe-stations.js';
import { escapeText } from './escape-text.js';
import { explanations } from './explanations.js';
import type { Ending, Replay } from './replay-decision.js';
import { STATIONS, type Station } from './stations.js';
import { summarizeRefusal } from './summarize-refusal.js';
import { tellTime } from './tell-time.js';

/** A replay in lines for people. */
export function describeReplay(route: string, context: StationContext, style: Style): readonly string[] {
  const { requirement, judging } = context;
  const head = [`${style.bold(escapeText(route))} at ${tellTime(judging.rules.now())}, offline`, ''];
  if (requirement.public !== undefined) {
    return [
      ...head,
      style.bold('permitted'),
      `  rule  public: ${escapeText(requirement.public)}; credentials are not read`,
    ];
  }
  return [...head, ...describeWay(context, style), ...describeCaller(context), '', ...describeEnding(context, style)];
}

/** Each station with what became of it; those behind the one that stopped it were not reached. */
function describeWay(context: StationContext, style: Style): readonly string[] {
  const { ending } = context.replay;
  const end = ending.outcome === 'permit' ? STATIONS.length : STATIONS.indexOf(ending.station);
  const rows = STATIONS.map((station, at) => [
    at < end ? tellPassed(station, context) : at === end ? tellStop(ending) : '-',
    station,
    at <= end ? describeStation(station, context) : '',
  ]);
  return alignTable(rows).map((line, at) => {
    if (at === end) return `  ${style.bold(line)}`;
    return at > end ? style.dim(`  ${line}`) : `  ${line}`;
  });
}

function tellPassed(station: Station, { replay }: StationContext): string {
  if (station === 'revocation') return 'skip';
  if (station === 'context' && replay.isRiskAssumed) return 'skip';
  return station === 'binding' && replay.isProofAssumed ? 'skip' : 'ok';
}

function tellStop({ outcome }: Ending): string {
  return outcome === 'deny' ? 'DENY' : '?';
}

/** Who it is, where the signature and the claims hold. */
function describeCaller({ replay }: StationContext): readonly string[] {
  const { caller } = replay.attempt;
  return caller ? ['', `caller: ${escapeText(`${caller.subject}@${caller.issuer}`)}, ${caller.kind}`] : [];
}

function describeEnding(context: StationContext, style: Style): readonly string[] {
  const { ending } = context.replay;
  if (ending.outcome === 'permit') return [style.bold(['permitted', ...listConditions(context.replay)].join(', if '))];
  if (ending.outcome === 'unknown') return [`${style.bold("can't be told")}: ${escapeText(ending.message)}`];
  const { reason, message, station } = ending;
  return [
    `${style.bold(`denied: ${reason}`)}, told as ${summarizeRefusal(reason)}`,
    `  because  ${escapeText(message)}`,
    `  rule     ${describeStation(station, context)}`,
    `  cure     ${explanations[reason].cure}`,
    ...describeShadow(station, context),
  ];
}

/** What a replay can't see. */
function listConditions({ isProofAssumed, isRiskAssumed }: Replay): readonly string[] {
  return [
    ...(isProofAssumed ? ['the proof of its binding holds'] : []),
    ...(isRiskAssumed ? ['the risk of the request is low enough'] : []),
  ];
}

/** Whether the service does what was decided, or writes it down alone. */
function describeShadow(station: Station, { judging, requirement }: StationContext): readonly string[] {
  const isAuthorization = STATIONS.indexOf(station) > STATIONS.indexOf('proof');
  const { shadowUntil = Number.NEGATIVE_INFINITY } = requirement.mode ?? judging.mode;
  const until = isAuthorization ? shadowUntil : judging.unauthenticatedUntil;
  if (!(judging.rules.now() < until)) return [];
  const option = isAuthorization ? 'mode' : 'dangerouslyAllowUnauthenticated';
  return [`  but      it passes until ${tellTime(until)}, and is recorded as wouldDeny: ${option}`];
}
