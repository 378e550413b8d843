import { passportJwtKeyProvider } from 'countersign/passport';
import type { TestIssuer } from 'countersign/testing';
import express, { type RequestHandler } from 'express';
import { Passport } from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

/** As it was: passport-jwt verifies, the handler checks the scope, nobody writes down who was refused and why. */
export function createBefore({ issuer, trust }: TestIssuer) {
  const strategy = new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // The first step may be this alone: passport-jwt stays, its keys come by our rules.
      secretOrKeyProvider: passportJwtKeyProvider(trust),
      algorithms: ['ES256'],
      issuer,
      audience: 'api://orders',
    },
    (claims: { scope?: string }, done: (error: null, user: object) => void) => done(null, claims),
  );
  const authenticate = new Passport().use(strategy).authenticate('jwt', { session: false }) as RequestHandler;

  const app = express();
  app.get('/orders/:id', authenticate, (req, res) => {
    const { scope = '' } = req.user as { scope?: string };
    if (!scope.split(' ').includes('orders:read')) return void res.sendStatus(403);
    res.json({ order: req.params['id'] });
  });
  return app;
}
