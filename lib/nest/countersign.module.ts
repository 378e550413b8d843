import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Inject, Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from '../errors.js';
import { createGate, type GateOptions } from '../gate/create-gate.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import { checkGateways } from './check-gateways.js';
import { checkHandlers } from './check-handlers.js';
import { CountersignGuard } from './countersign.guard.js';
import { Countersign } from './countersign.service.js';
import { Declarations } from './declarations.js';
import { findExpressBypasses, type RouteTeller, watchFastifyRoutes } from './find-bypasses.js';
import { listGateways, listHandlers } from './list-handlers.js';
import { ConfigurableModuleClass, MODULE_EXTRAS, MODULE_OPTIONS_TOKEN, type ModuleExtras } from './module-options.js';
import { mountEndpoints, openEndpoints } from './mount-endpoints.js';
import { rememberUpgrade } from './read-message.js';
import { RequestRecords } from './request-records.js';

/** Fastify, as far as it is used here. */
interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse },
      done: () => void,
    ) => void,
  ): void;
}

/**
 * Puts a gate before every handler of the application.
 *
 * @example CountersignModule.forRoot({ service: 'order-service', audience: 'api://orders', trust: [{ issuer: 'https://idp.example' }] })
 */
@Module({
  providers: [
    {
      provide: Countersign,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: GateOptions) => new Countersign(createGate(options)),
    },
    { provide: Declarations, inject: [MODULE_EXTRAS], useFactory: (extras: ModuleExtras) => new Declarations(extras) },
    RequestRecords,
    CountersignGuard,
    { provide: APP_GUARD, useExisting: CountersignGuard },
  ],
  exports: [Countersign, CountersignGuard, Declarations, RequestRecords],
})
export class CountersignModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('Countersign');
  readonly #endpoints: ReturnType<typeof openEndpoints>;
  #findBypasses: () => readonly string[] = () => [];
  #told = 0;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(Countersign) private readonly countersign: Countersign,
    @Inject(Declarations) private readonly declarations: Declarations,
    @Inject(RequestRecords) private readonly records: RequestRecords,
  ) {
    super();
    // Here, since what is thrown by a listener below stops nothing.
    this.#endpoints = openEndpoints(declarations.endpoints, countersign.gate, () => this.#listDemands());
    // Before body parsers and routes: what they refuse is recorded too.
    host.init$.subscribe(() => this.#install());
    host.listen$.subscribe(() => {
      this.#watchUpgrades();
      this.#tellLateBypasses();
    });
  }

  onModuleInit(): void {
    checkGateways(listGateways(this.modules));
    const handlers = listHandlers(this.modules);
    const undeclared = checkHandlers(handlers, this.declarations, this.countersign.gate.settle);
    if (undeclared.length > 0) {
      this.#tell(
        'handlers',
        `declare nothing, and so are closed: ${undeclared.join(', ')}; write @RequirePermission, @RequireAuthenticated or @Public(why)`,
      );
    }
    const shadowed = handlers.filter(
      ({ controller, handler }) => this.declarations.find(controller, handler).mode?.shadowUntil,
    );
    if (shadowed.length > 0) {
      const names = shadowed.map(({ controller, name }) => `${controller.name}.${name}`);
      this.#logger.warn(`These handlers only record what they would deny (shadow mode): ${names.join(', ')}`);
    }
    if (this.host.httpAdapter && handlers.some(({ isForMessages }) => isForMessages)) {
      this.#logger.warn(
        'There are handlers of messages: they are guarded only where connectMicroservice(…, { inheritAppConfig: true }) says so',
      );
    }
    const bypasses = this.#findBypasses();
    this.#told = bypasses.length;
    if (bypasses.length > 0) {
      this.#tell('routes', `bypass every guard, because they were added beside Nest: ${bypasses.join('; ')}`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.countersign.gate.close();
  }

  #tell(what: string, problem: string): void {
    if (this.declarations.refusesStart) throw new ConfigurationError(what, problem);
    this.#logger.warn(`These ${what} ${problem}`);
  }

  /** Fastify's plugins, static files among them, add their routes only when it gets ready. */
  #tellLateBypasses(): void {
    const late = this.#findBypasses().slice(this.#told);
    if (late.length > 0)
      this.#logger.warn(`These routes bypass every guard, because they were added beside Nest: ${late.join('; ')}`);
  }

  /** Only beside somebody who upgrades: a server that has a listener leaves such requests to it. */
  #watchUpgrades(): void {
    const server = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    if (server && server.listenerCount('upgrade') > 0) server.prependListener('upgrade', rememberUpgrade);
  }

  /** Nest's hooks for Fastify (CORS, shutdown) answer before ours, and a path that can't be decoded meets none. */
  #watchRequests(server: Server): void {
    server.prependListener('request', (request, response) => {
      try {
        this.records.observe(request, request, response);
      } catch {
        // Nobody could catch it here: where it happens again, in the hook, it becomes an answer.
      }
    });
  }

  #install(): void {
    const { httpAdapter: adapter } = this.host;
    if (!adapter) return; // a microservice speaks no HTTP
    if (adapter.getType() === 'fastify') {
      const instance = adapter.getInstance<FastifyInstance & RouteTeller>();
      const bypasses = watchFastifyRoutes(adapter, instance);
      this.#findBypasses = () => bypasses;
      this.#watchRequests(adapter.getHttpServer() as Server);
      instance.addHook('onRequest', (request, reply, done) => {
        this.records.observe(request, request.raw, reply.raw);
        done();
      });
    } else {
      // Asked once, before Nest adds its own answer to what no route matches.
      let found: readonly string[] | undefined;
      this.#findBypasses = () => (found ??= findExpressBypasses(adapter.getInstance()));
      adapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        this.records.observe(request, request, response);
        next();
      });
    }
    mountEndpoints(adapter, this.#endpoints, this.countersign.gate, this.records);
  }

  /** What HTTP handlers and gateways demand. Messages of a microservice come another way, which no client is told of. */
  #listDemands(): readonly SettledRequirement[] {
    const handlers = listHandlers(this.modules).filter(({ isForMessages }) => !isForMessages);
    return handlers.map(({ controller, handler }) => this.declarations.find(controller, handler));
  }
}
