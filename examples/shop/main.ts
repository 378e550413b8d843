import { gatherTokens } from './gather-tokens.js';
import { listCalls } from './list-calls.js';
import { type ChapterResult, makeCalls } from './make-call.js';
import { openShop } from './open-shop.js';
import { paint, say } from './paint.js';
import { printCommands } from './print-commands.js';
import { printMetrics } from './print-metrics.js';
import { printRecords } from './print-records.js';
import { printTable } from './print-table.js';
import { waitForEnd } from './wait-for-end.js';

const shop = await openShop();
try {
  const { origins, records } = shop;
  say(`  ${paint('bold', 'Two services and an OpenID provider, none of which trusts the network')}`);
  say(`  order-service    Nest           ${origins.orders}`);
  say(`  payment-service  Express        ${origins.payments}`);
  say(`  OpenID provider  oidc-provider  ${origins.provider}`);
  say();
  const tokens = await gatherTokens(shop);
  const chapters: ChapterResult[] = [];
  for (const chapter of listCalls(tokens)) {
    const origin = chapter.target.service === 'order-service' ? origins.orders : origins.payments;
    chapters.push(await makeCalls(chapter, origin, records));
  }

  printTable(chapters);
  printRecords(chapters, records);
  await printMetrics(origins.payments, tokens.prometheus);

  const results = chapters.flatMap((chapter) => chapter.results);
  const asExpected = results.filter(({ isAsExpected }) => isAsExpected).length;
  const isWell = asExpected === results.length;
  say();
  say(paint(isWell ? 'green' : 'red', `${results.length} calls, ${asExpected} as expected`));
  if (!isWell) process.exitCode = 1;

  if (process.argv.includes('--serve')) {
    printCommands(shop, tokens);
    records.follow((line) => say(line));
    await waitForEnd();
  }
} finally {
  await shop.close();
}
