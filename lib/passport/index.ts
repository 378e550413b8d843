export { AuthenticationRefused, tellAuthenticationRefused } from './authentication-refused.js';
export { passportJwtKeyProvider, type SecretOrKeyProvider } from './passport-jwt-key-provider.js';
export {
  type PassportRequest,
  ServiceTokenStrategy,
  type ServiceTokenStrategyOptions,
} from './service-token-strategy.js';
