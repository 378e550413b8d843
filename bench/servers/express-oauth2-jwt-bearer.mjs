import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { pinoHttp } from 'pino-http';
import { answerOrder } from './answer-order.mjs';
import { describePeerLog } from './peer-log.mjs';
import { measureRequests } from './peer-metrics.mjs';
import { readSettings } from './read-settings.mjs';
import { serve } from './serve.mjs';

const settings = readSettings();
const { issuer, audience, algorithm, jwksUri } = settings;

const app = express();
app.use(pinoHttp(describePeerLog(settings)));
app.use(measureRequests());
app.get(
  '/orders/:id',
  auth({ issuer, audience, jwksUri, tokenSigningAlg: algorithm }),
  requiredScopes('orders:read'),
  answerOrder,
);
// Express' own handler would print the stack of every refusal.
app.use((error, _req, res, _next) => res.status(error.status).set(error.headers).end());
serve(app);
