import type { Judging } from '../gate/read-judging.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import type { TrustPlace } from './cut-network.js';
import { escapeText } from './escape-text.js';
import type { Replay } from './replay-decision.js';
import type { UnverifiedToken } from './split-token.js';
import type { Station } from './stations.js';
import { tellDistance, tellDuration, tellTime } from './tell-time.js';

/** What is known when a replay is over. */
export interface StationContext {
  readonly replay: Replay;
  readonly judging: Judging;
  readonly requirement: SettledRequirement;
  readonly places: ReadonlyMap<string, TrustPlace>;
  /** Undefined where it has no such form. */
  readonly token: UnverifiedToken | undefined;
  readonly tokenLength: number;
}

type Describe = (context: StationContext) => string;

const MAX_TEXT = 200;

/** The rule of each station, and what it was held against. */
const describers: Readonly<Record<Station, Describe>> = {
  credential: () => 'one token, as Bearer',
  form: ({ tokenLength }) => `${tokenLength} characters, at most 8192, in three parts`,
  extensions: () => 'none may be asked for (crit, b64)',
  issuer: describeIssuer,
  algorithm: describeAlgorithm,
  type: describeType,
  key: describeKey,
  signature: ({ replay }) => (replay.attempt.foundKey ? `by the key ${show(replay.attempt.foundKey.keyId)}` : ''),
  claims: describeClaims,
  times: describeTimes,
  lifetime: describeLifetime,
  audience: ({ token, replay }) =>
    `aud ${show(token?.unverifiedClaims['aud'])}; audience ${showAll(replay.attempt.chosenIssuer?.audience)}`,
  binding: describeBinding,
  revocation: () => 'not replayed: nothing counts as revoked',
  proof: ({ requirement, judging }) => `proof '${requirement.proof ?? judging.proof}'`,
  kind: describeKind,
  context: describeContext,
  permissions: describePermissions,
  resource: describeResource,
  policy: describePolicies,
};

/** One line about a station that was reached; what came from outside in it is escaped and cut. */
export function describeStation(station: Station, context: StationContext): string {
  return describers[station](context);
}

function describeIssuer({ token, places, replay }: StationContext): string {
  const { chosenIssuer } = replay.attempt;
  if (chosenIssuer) return `${show(chosenIssuer.issuer)} is ${places.get(chosenIssuer.issuer)?.place ?? 'trusted'}`;
  return `iss ${show(token?.unverifiedClaims['iss'])}; trust has ${showAll(places.keys())}`;
}

function describeAlgorithm({ token, ...context }: StationContext): string {
  const { chosenIssuer } = context.replay.attempt;
  return `alg ${show(token?.unverifiedHeader.alg)}; ${placeOf(context)}.algorithms ${showAll(chosenIssuer?.algorithms)}`;
}

function describeType({ token, replay }: StationContext): string {
  const { chosenIssuer } = replay.attempt;
  const types = [...(chosenIssuer?.types ?? [])].map((type) => type ?? 'none');
  return `typ ${show(token?.unverifiedHeader.typ)}; profile ${show(chosenIssuer?.profile.name)} takes ${showAll(types)}`;
}

function describeKey({ token, places, replay }: StationContext): string {
  const { chosenIssuer } = replay.attempt;
  const keysFrom = chosenIssuer && places.get(chosenIssuer.issuer)?.keysFrom;
  return `kid ${show(token?.unverifiedHeader.kid)}; keys of ${keysFrom ?? 'the issuer, over the network'}`;
}

function describeClaims({ replay }: StationContext): string {
  const { profile, requiredClaims } = replay.attempt.chosenIssuer ?? {};
  return `profile ${show(profile?.name)} demands ${showAll(requiredClaims)}`;
}

function describeTimes({ token, judging }: StationContext): string {
  const { exp, nbf, iat } = token?.unverifiedClaims ?? {};
  const { now, clockToleranceSeconds } = judging.rules;
  const tell = (name: string, time: unknown) =>
    typeof time === 'number' ? [`${name} ${tellTime(time)} (${tellDistance(time, now())})`] : [];
  const times = [...tell('exp', exp), ...tell('nbf', nbf), ...tell('iat', iat)];
  return `${times.join(', ')}; clockToleranceSeconds ${clockToleranceSeconds}`;
}

function describeLifetime({ replay, ...context }: StationContext): string {
  const { caller, chosenIssuer } = replay.attempt;
  if (!caller || !chosenIssuer) return '';
  const { issuedAt, expiresAt } = caller.token;
  const most = chosenIssuer.profile.maxLifetimeSeconds[caller.kind];
  const option = `${placeOf({ replay, ...context })}.maxLifetimeSeconds.${caller.kind}`;
  return `${tellDuration(expiresAt - issuedAt)}; ${option} ${tellDuration(most)}`;
}

function describeBinding({ replay, judging }: StationContext): string {
  const { jkt, 'x5t#S256': thumbprint, ...others } = replay.attempt.caller?.confirmation ?? {};
  const members = [...(jkt ? ['jkt'] : []), ...(thumbprint ? ['x5t#S256'] : []), ...Object.keys(others)];
  if (members.length === 0) return 'bound to nothing';
  const bound = `bound (cnf: ${showAll(members)})`;
  if (replay.isProofAssumed) return `${bound}; proofs and certificates can't be replayed`;
  const missing = [
    ...(jkt && !judging.dpop ? ['publicOrigin is not given'] : []),
    ...(thumbprint && !judging.certificates ? ['certificates is not given'] : []),
  ];
  return [bound, ...missing].join('; ');
}

function describeKind({ replay, requirement: { kinds, delegation } }: StationContext): string {
  const { kind, actor } = replay.attempt.caller ?? {};
  const taken = `${kind}; kinds ${showAll(kinds) || 'all'}`;
  if (!actor) return taken;
  return `${taken}; ${show(actor.subject)} calls on behalf, delegation.actors ${showAll(delegation?.actors) || 'none'}`;
}

function describeContext({ replay, requirement: { stepUp, context } }: StationContext): string {
  const asked = stepUp ? `stepUp ${show(stepUp)}; authentication ${show(replay.attempt.caller?.authentication)}` : '';
  const limit = context ? `context ${show(context)}: signals are not replayed` : '';
  return [asked, limit].filter(Boolean).join('; ') || 'nothing is asked of it';
}

function describePermissions({ replay, requirement: { permissions, anyOf } }: StationContext): string {
  const held = replay.attempt.caller?.permissions ?? new Set<string>();
  const lacks = permissions.filter((name) => !held.has(name));
  const demands = [
    ...(permissions.length > 0 ? [`demands ${showAll(permissions)}`] : []),
    ...(anyOf.length > 0 ? [`demands one of ${showAll(anyOf)}`] : []),
  ];
  return [
    demands.join(' and ') || 'demands none',
    `holds ${showAll(held) || 'none'}`,
    ...(lacks.length > 0 ? [`lacks ${showAll(lacks)}`] : []),
  ].join('; ');
}

function describeResource({ replay, requirement }: StationContext): string {
  const { resource } = replay.attempt;
  if (resource) return `${show(resource.type)} ${show(resource.id)}`;
  return requirement.loadResource ? 'what the loader of the route finds' : 'none is loaded';
}

function describePolicies({ replay, requirement, judging }: StationContext): string {
  const asked = replay.attempt.decisions.map(({ policyId, policyVersion, effect, reason }) => {
    const version = policyVersion === undefined ? '' : ` (${policyVersion})`;
    return cut(`${policyId}${version} says ${effect}${reason === undefined ? '' : `: ${reason}`}`);
  });
  if (asked.length > 0) return asked.join('; ');
  const points = [...(requirement.policies ?? []), ...(judging.decisionPoint ? [judging.decisionPoint] : [])];
  return points.length > 0 ? `asks ${showAll(points.map(({ name }) => name))}` : 'none is asked';
}

/** Where the trust entry of the token is written. */
function placeOf({ replay, places }: Pick<StationContext, 'replay' | 'places'>): string {
  const { chosenIssuer } = replay.attempt;
  return (chosenIssuer && places.get(chosenIssuer.issuer)?.place) ?? 'trust';
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  return cut(typeof value === 'string' ? value : JSON.stringify(value));
}

function showAll(values: Iterable<string> = []): string {
  return cut([...values].join(' '));
}

function cut(text: string): string {
  return escapeText(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
}
