import { declareOrders } from './declare-orders.mjs';
import { serveNest } from './serve-nest.mjs';

await serveNest({ controllers: [declareOrders()] });
