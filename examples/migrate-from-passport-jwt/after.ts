import { countersign } from 'countersign/express';
import type { TestIssuer } from 'countersign/testing';
import express from 'express';

/** As it is: one guard verifies, decides, records and measures; `assertCovered` finds the route that was forgotten. */
export function createAfter({ trust }: TestIssuer) {
  const gate = countersign({ service: 'order-service', audience: 'api://orders', trust });

  const app = express();
  app.use(gate.accessLog());
  app.get(
    '/orders/:id',
    gate.requirePermission('orders:read'),
    (req, res) => void res.json({ order: req.params['id'] }),
  );
  gate.assertCovered(app);
  return app;
}
