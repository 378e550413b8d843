import express from 'express';
import passport from 'passport';
import { pinoHttp } from 'pino-http';
import { answerOrder } from './answer-order.mjs';
import { createJwtStrategy, holdsScope } from './passport-strategy.mjs';
import { describePeerLog } from './peer-log.mjs';
import { measureRequests } from './peer-metrics.mjs';
import { readSettings } from './read-settings.mjs';
import { serve } from './serve.mjs';

const settings = readSettings();
passport.use(createJwtStrategy(settings));

function requireScope(scope) {
  return (req, res, next) => (holdsScope(req.user, scope) ? next() : res.status(403).end());
}

const app = express();
app.use(pinoHttp(describePeerLog(settings)));
app.use(measureRequests());
app.get('/orders/:id', passport.authenticate('jwt', { session: false }), requireScope('orders:read'), answerOrder);
serve(app);
