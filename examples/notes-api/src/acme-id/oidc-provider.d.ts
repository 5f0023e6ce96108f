// The parts that the stand-in uses: the package has no types.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  /** What a check and `loadExistingGrant` see of a request. */
  export interface Context {
    readonly oidc: {
      readonly client: { readonly clientId: string };
      readonly session: { accountId?: string };
      readonly result?: { readonly login?: object };
      readonly provider: Provider;
    };
  }
  interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }
  export class Provider {
    constructor(issuer: string, options: object);
    readonly Grant: new (about: {
      readonly clientId: string;
      readonly accountId?: string | undefined;
    }) => Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<object>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  }
  interface Policy {
    get(prompt: string): { readonly checks: { add(check: object): void } };
  }
  export const interactionPolicy: {
    base(): Policy;
    readonly Check: new (reason: string, description: string, check: (context: Context) => boolean) => object;
  };
}
