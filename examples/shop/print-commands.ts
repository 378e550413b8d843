import { bearer } from './describe-call.js';
import type { Tokens } from './gather-tokens.js';
import type { Shop } from './open-shop.js';
import { paint, say } from './paint.js';

/** Commands to try by hand. The tokens in them are real, and live five minutes; those of the provider, ten. */
export function printCommands({ origins, secrets }: Shop, tokens: Tokens): void {
  const { orders, payments, provider } = origins;
  const show = (token: string) => `-H 'authorization: ${bearer(token)}'`;
  const commands = [
    ['public', `curl -i ${payments}/health`],
    ['no token: 401', `curl -i ${payments}/payments/7`],
    ['order-service reads a payment', `curl -i ${payments}/payments/7 ${show(tokens.minted)}`],
    ['the same, expired: 401', `curl -i ${payments}/payments/7 ${show(tokens.byOrderService.expired)}`],
    ['web-shop has its order paid', `curl -i -X POST ${orders}/orders/42/payment ${show(tokens.webShop)}`],
    ['a handler that declares nothing: 403', `curl -i ${orders}/orders/42/history ${show(tokens.webShop)}`],
    ['Prometheus scrapes', `curl -i ${payments}/metrics ${show(tokens.prometheus)}`],
    ['keys that others discover', `curl -i ${orders}/.well-known/jwks.json`],
    [
      'a fresh token for web-shop',
      `curl -s ${provider}/token -u web-shop:${secrets['web-shop']} -d grant_type=client_credentials -d resource=api://orders -d scope=orders:read`,
    ],
  ];
  say();
  for (const [what, command] of commands) {
    say(paint('dim', `# ${what}`));
    say(command);
    say();
  }
  say(paint('bold', 'Each request that reaches the services is recorded below. Ctrl-C ends it.'));
}
