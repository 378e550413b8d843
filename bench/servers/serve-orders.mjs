import { countersign } from 'countersign/express';
import express from 'express';
import { answerOrder } from './answer-order.mjs';
import { describeGate } from './describe-gate.mjs';
import { readSettings } from './read-settings.mjs';
import { serve } from './serve.mjs';

/** Express behind a gate with everything on, and with these options besides. */
export async function serveOrders(options = {}) {
  const gate = countersign({ ...describeGate(readSettings()), ...options });
  await gate.ready();

  const app = express();
  app.use(gate.accessLog());
  app.get('/orders/:id', gate.requirePermission('orders:read', { kinds: ['service'] }), answerOrder);
  app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());
  gate.assertCovered(app);
  serve(app);
}
