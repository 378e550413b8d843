import jwksRsa from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';

/** What passport-jwt and jwks-rsa are configured with, in Express and in Nest. */
export function describeJwtStrategy({ issuer, audience, algorithm, jwksUri }) {
  return {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, cache: true, rateLimit: true }),
    issuer,
    audience,
    algorithms: [algorithm],
  };
}

export function createJwtStrategy(settings) {
  return new Strategy(describeJwtStrategy(settings), (claims, done) => done(null, claims));
}

export function holdsScope(claims, scope) {
  return claims.scope?.split(' ').includes(scope) ?? false;
}
