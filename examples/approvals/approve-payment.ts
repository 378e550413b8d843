import { definePolicy, type Resource } from 'countersign';

/** What a policy may know of a payment. */
export interface Payment {
  readonly euros: number;
  readonly to: string;
}

const payments: ReadonlyMap<string, Payment> = new Map([
  ['1', { euros: 500, to: 'The Sentry Box Co.' }],
  ['2', { euros: 50_000, to: 'Drawbridges & Sons' }],
]);

/** Up to how much a role may approve; a role that isn't named here, nothing. */
const limits: ReadonlyMap<string, number> = new Map([
  ['payment-manager', 10_000],
  ['cfo', Number.POSITIVE_INFINITY],
]);

/** Nothing is below it, not even a payment of nothing. */
const NOT_ANY = Number.NaN;

/** Every payment. */
export function listPayments(): readonly Resource<Payment>[] {
  return [...payments].map(([id, properties]) => ({ type: 'payment', id, properties }));
}

/** The payment that the request names. Nothing where there is none: then the answer is 404. */
export function loadPayment({ params }: { readonly params: { readonly id: string } }): Resource<Payment> | undefined {
  return listPayments().find(({ id }) => id === params.id);
}

/** Managers approve up to their limit, the CFO anything. Its version stands in each record: raise it with the limits. */
export const approvePayment = definePolicy<Payment>(
  'approve-payment',
  ({ subject, resource }) =>
    subject.properties.roles.some((role) => resource.properties.euros <= (limits.get(role) ?? NOT_ANY)),
  { version: '2026-11' },
);
