import 'reflect-metadata';
import { ForbiddenException, Injectable, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { LoggerModule } from 'nestjs-pino';
import { Strategy } from 'passport-jwt';
import { declareOrders } from './declare-orders.mjs';
import { describeJwtStrategy, holdsScope } from './passport-strategy.mjs';
import { describePeerLog } from './peer-log.mjs';
import { measureRequests } from './peer-metrics.mjs';
import { readSettings } from './read-settings.mjs';
import { serveNest } from './serve-nest.mjs';

const settings = readSettings();

class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super(describeJwtStrategy(settings));
  }

  validate(claims) {
    return claims;
  }
}
Injectable()(JwtStrategy);

class OrdersScopeGuard {
  canActivate(context) {
    if (!holdsScope(context.switchToHttp().getRequest().user, 'orders:read')) throw new ForbiddenException();
    return true;
  }
}
Injectable()(OrdersScopeGuard);

const { stream, ...options } = describePeerLog(settings);
await serveNest(
  {
    imports: [PassportModule, LoggerModule.forRoot({ pinoHttp: [options, stream] })],
    controllers: [declareOrders(UseGuards(AuthGuard('jwt'), OrdersScopeGuard))],
    providers: [JwtStrategy],
  },
  (app) => app.use(measureRequests()),
);
