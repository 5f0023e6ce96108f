declare module 'passport-gitlab2' {
  export const Strategy: new (...args: never[]) => object;
}
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export class Provider {
    constructor(issuer: string, options: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
    Grant: new (
      about: object,
    ) => { addOIDCScope(scope: string): void; save(): Promise<string> };
  }
}
