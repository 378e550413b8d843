import type { FactoryProvider } from '@nestjs/common';
import type { ClientOptions } from '../outbound/create-client.js';
import { Countersign } from './countersign.service.js';

/** `HttpService` of @nestjs/axios, as far as it is used here. */
type HttpServiceClass<Service> = new (axios: never) => Service;

/**
 * A provider of Nest's `HttpService` whose requests carry fresh tokens, for one service. axios' own `fetch` adapter sends
 * them, so that no interceptor can lead a token elsewhere.
 *
 * @example providers: [provideHttpService(HttpService, { audience: 'api://payments', origins: ['https://payments.internal'] })]
 */
export function provideHttpService<Service>(
  HttpService: HttpServiceClass<Service>,
  options: ClientOptions,
): FactoryProvider<Promise<Service>> {
  return {
    provide: HttpService,
    inject: [Countersign],
    async useFactory(countersign: Countersign) {
      const { default: axios } = await import('axios');
      const client = axios.create({ adapter: 'fetch', env: { fetch: countersign.client(options) as typeof fetch } });
      return new HttpService(client as never);
    },
  };
}
