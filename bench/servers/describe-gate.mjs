import { pino } from 'pino';

/** Options of a gate with everything on. Its log is opened as the default one is, but for where it leads. */
export function describeGate({ issuer, audience, jwksUri, log, isBatched }) {
  return {
    service: 'order-service',
    audience,
    trust: [{ issuer, keys: { jwksUri } }],
    accessLog: { destination: pino.destination({ dest: log, sync: true }), batch: isBatched },
  };
}
