import { AuthError } from '@acme/nest-auth';
import type { ProviderOptions } from '@acme/nest-auth/social';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { allowInsecureRequests, discovery, fetchUserInfo } from 'openid-client';
import { isOnThisMachine, linkTo, pageUrl } from '../page/page-url.js';
import type { Client } from './client.js';
import { StandIn } from './stand-in.js';

/** The provider's name in URLs. */
export const ACME_ID = 'acme-id';
/** The only host that may be used without TLS. */
const ON_THIS_MACHINE = /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/|$)/;
const OFF =
  'Logins with Acme ID are off. Set ACME_ID_ISSUER, ACME_ID_CLIENT_ID and ACME_ID_CLIENT_SECRET. The stand-in, which logs in any address, starts only in development and for an APP_URL on this machine.';
/** The stand-in's port is the app's port plus this. */
const PORTS_ABOVE = 100;

/**
 * Logins by Acme's own OpenID provider: at ACME_ID_ISSUER. Without it, a stand-in logs in any address: only in
 * development, and only for a page on this machine. Elsewhere this login is off.
 */
export class AcmeId implements OnApplicationShutdown {
  #options: Promise<ProviderOptions> | undefined;

  private constructor(
    private readonly client: Client | null,
    readonly standIn: StandIn | null = null,
  ) {}

  static async open(): Promise<AcmeId> {
    const { NODE_ENV, PORT = '3000', ACME_ID_PORT = Number(PORT) + PORTS_ABOVE } = process.env;
    const client = configured();
    if (client) return new AcmeId(client);
    if (NODE_ENV === 'production' || !isOnThisMachine()) {
      new Logger('AcmeId').warn(OFF);
      return new AcmeId(null);
    }
    const standIn = await StandIn.listen(Number(ACME_ID_PORT), linkTo(`auth/login/${ACME_ID}/callback`));
    return new AcmeId(standIn.client, standIn);
  }

  /** Where a browser begins a login; null if Acme ID is off. */
  get loginUrl(): string | null {
    return this.client && new URL(`/auth/login/${ACME_ID}`, pageUrl()).href;
  }

  /**
   * The client, as `social.providers` takes it. It asks Acme ID for its endpoints at the first login, so that the app
   * can start while Acme ID is down.
   * @throws AuthError `provider_failed`
   */
  readonly options = async (): Promise<ProviderOptions | undefined> => {
    if (!this.client) return undefined;
    this.#options ??= this.#discovered(this.client);
    try {
      return await this.#options;
    } catch (cause) {
      this.#options = undefined;
      throw new AuthError('provider_failed', { cause });
    }
  };

  async onApplicationShutdown(): Promise<void> {
    await this.standIn?.close();
  }

  async #discovered({ issuer, id, secret }: Client): Promise<ProviderOptions> {
    const execute = ON_THIS_MACHINE.test(issuer) ? [allowInsecureRequests] : [];
    const config = await discovery(new URL(issuer), id, secret, undefined, { execute });
    return {
      issuer,
      clientID: id,
      config,
      scope: 'openid email profile',
      identity: async ({ claims = {}, accessToken }) => {
        const subject = textOf(claims.sub) ?? '';
        const found = accessToken ? await fetchUserInfo(config, accessToken, subject) : claims;
        // Acme ID tells whether it has verified an address.
        const { email, email_verified, name } = found;
        return { subject, email: textOf(email), emailVerified: email_verified === true, name: textOf(name) };
      },
    };
  }
}

/** @throws Error if only some of the variables are set */
function configured(): Client | null {
  const { ACME_ID_ISSUER: issuer, ACME_ID_CLIENT_ID: id, ACME_ID_CLIENT_SECRET: secret } = process.env;
  if (!issuer) return null;
  if (URL.canParse(issuer) && id && secret) return { issuer, id, secret };
  throw new Error('ACME_ID_ISSUER must be an address, and needs ACME_ID_CLIENT_ID and ACME_ID_CLIENT_SECRET.');
}

function textOf(claim: unknown): string | null {
  return typeof claim === 'string' ? claim : null;
}
