import type { CanActivate, ExceptionFilter, Type } from '@nestjs/common';
import type { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../core/errors/auth-error.js';
import { standIn } from '../../core/policy/declared-policy.js';
import { markEnforcer, markGuardBringer } from '../../core/policy/marks.js';
import { type Policy, policyOf } from '../../core/policy/policy.js';
import { hasAuthenticated } from '../caller.js';
import type { GatewayAdmission } from '../web-socket/gateway-admission.js';
import { GatewayFilter, MessageFilter } from './message-filters.js';

// Nest's own metadata keys, which it does not export.
const GUARDS = '__guards__';
const FILTERS = '__exceptionFilters__';
const GATEWAY = 'websockets:is_gateway';
const GATEWAY_HANDLER = 'websockets:message_mapping';
const MESSAGE_HANDLER = 'microservices:pattern';

/** What Nest keeps of a provider or controller. */
interface Wrapper {
  readonly isNotMetatype: boolean;
  readonly instance: unknown;
  metatype: unknown;
}
type Gateway = Type<{ afterInit?(server: object): unknown }>;

export interface MessageHandlersOptions {
  readonly modules: ModulesContainer;
  readonly scanner: MetadataScanner;
  readonly guard: CanActivate;
  readonly filter: ExceptionFilter;
  /** Without it, only the messages of a socket are checked, not its opening. */
  readonly admission: GatewayAdmission | undefined;
}

/**
 * Brings the guard to gateways and message handlers. Nest's global guards do not reach gateways before Nest 12, nor the
 * microservices of a hybrid app that does not inherit its configuration; there, a handler without a decorator would be open
 * to everybody. So each such class of this app is replaced by a subclass that carries the guard, before Nest looks at it;
 * the class itself does not change for other apps of the process.
 */
export class MessageHandlers {
  readonly #gateways: Wrapper[] = [];
  readonly #guarded = new WeakSet<object>();

  constructor(private readonly options: MessageHandlersOptions) {
    for (const { providers } of options.modules.values()) {
      for (const wrapper of providers.values()) {
        if (!wrapper.isNotMetatype && Reflect.hasMetadata(GATEWAY, wrapper.metatype as Type))
          this.#guardGateway(wrapper);
      }
    }
    this.#guardControllers();
    // A microservice that is connected later binds the lazily loaded modules too.
    (options.modules as Partial<ModulesContainer>).getRpcTargetRegistry?.().subscribe(() => this.#guardControllers());
  }

  /** @throws AuthError `invalid_configuration` for a gateway whose clients could not be checked */
  onApplicationBootstrap(): void {
    for (const { instance, metatype } of this.#gateways) {
      if (instance && Object.hasOwn(instance, 'afterInit')) {
        throw new AuthError('invalid_configuration', {
          message: `${(metatype as Type).name}.afterInit is a property, which hides the check of its clients; make it a method.`,
        });
      }
    }
  }

  #guardGateway(wrapper: Wrapper): void {
    const gateway = this.#replace(wrapper, new GatewayFilter(this.options.filter)) as Gateway;
    this.#gateways.push(wrapper);
    const { admission } = this.options;
    const handlers = this.#handlersOf(gateway, GATEWAY_HANDLER);
    // The class of a gateway that only sends declares who may connect.
    const policies: Policy[] = (handlers.length > 0 ? handlers : [gateway]).map((one) => policyOf(one, gateway));
    const { afterInit } = gateway.prototype;
    Object.defineProperty(gateway.prototype, 'afterInit', {
      value(this: unknown, server: object) {
        admission?.watch(server, policies);
        return afterInit?.call(this, server);
      },
    });
  }

  #guardControllers(): void {
    const filter = new MessageFilter(this.options.filter);
    for (const { controllers } of this.options.modules.values()) {
      for (const [token, wrapper] of controllers) {
        const original = wrapper.metatype as Type;
        if (this.#guarded.has(original) || this.#handlersOf(original, MESSAGE_HANDLER).length === 0) continue;
        alias(controllers, this.#replace(wrapper, filter), token);
      }
    }
  }

  /** @throws AuthError `invalid_configuration` if the handlers that Nest would call could not be guarded */
  #replace(wrapper: Wrapper, filter: ExceptionFilter): Type {
    const original = wrapper.metatype as Type;
    const { instance } = wrapper;
    if (instance && Object.getPrototypeOf(instance) !== original.prototype) {
      throw new AuthError('invalid_configuration', {
        message: `${original.name} makes instances of another class, whose message handlers would have no guard.`,
      });
    }
    const guarded = class extends original {};
    Object.defineProperty(guarded, 'name', { value: original.name });
    standIn(guarded);
    const { guard } = this.options;
    const once: CanActivate = {
      canActivate: (context) => hasAuthenticated(context) || guard.canActivate(context),
    };
    markEnforcer(once);
    // First in both lists: our guard runs before the class's own guards, our filter after the class's own filters.
    prepend(GUARDS, once, guarded);
    prepend(FILTERS, filter, guarded);
    if (instance) Object.setPrototypeOf(instance, guarded.prototype);
    wrapper.metatype = guarded;
    this.#guarded.add(guarded);
    return guarded;
  }

  #handlersOf(metatype: Type, key: string): object[] {
    const { prototype } = metatype;
    const methods = this.options.scanner.getAllMethodNames(prototype).map((name) => prototype[name] as object);
    return methods.filter((method) => Reflect.hasMetadata(key, method));
  }
}

markGuardBringer(MessageHandlers);

function prepend(key: string, enhancer: object, guarded: Type): void {
  Reflect.defineMetadata(key, [enhancer, ...(Reflect.getMetadata(key, guarded) ?? [])], guarded);
}

/** Nest before 11.2 looks for a request-scoped controller by the class of its prototype, so that must be found too. */
function alias<K, V>(controllers: Map<K, V>, guarded: K & Type, token: K): void {
  const find = controllers.get.bind(controllers);
  controllers.get = (key) => find(key === guarded ? token : key);
}
