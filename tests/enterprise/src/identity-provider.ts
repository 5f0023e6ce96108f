import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IdentityProvider, SamlLib, ServiceProvider, setSchemaValidator } from 'samlify';
import { generate } from 'selfsigned';

/** The fields of the form that a provider lets the browser post. */
export interface Form {
  readonly SAMLResponse: string;
  readonly RelayState: string;
}

/** The values that the provider writes into its answers. */
export interface Said {
  readonly nameId: string;
  readonly format: string;
  readonly audience: string;
  /** `undefined` for the request's own id. */
  readonly inResponseTo: string | undefined;
  readonly until: Date;
}

const SSO = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const ENTITY = 'https://idp.example.com/saml';
const APP = 'https://api.example.org/saml';
const inAnHour = () => new Date(Date.now() + 3_600_000);

setSchemaValidator({ validate: async () => 'valid' });

/** A SAML provider on 127.0.0.1, whose only user is always logged in. It writes what `says` says, and signs it. */
export async function identityProvider() {
  const keys = await generate([{ name: 'commonName', value: 'idp.example.com' }], { keySize: 2048 });
  const state = {
    cert: keys.cert,
    entryPoint: '',
    says: {
      nameId: 'p-4711',
      format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      audience: APP,
      inResponseTo: undefined,
      until: inAnHour(),
    } as Said,
  };
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? '', 'http://idp').searchParams;
    const form = await answer(query.get('SAMLRequest') ?? '', query.get('RelayState') ?? '');
    const fields = Object.entries(form).map(([name, value]) => `<input name="${name}" value="${value}">`);
    response.end(`<form method="post" action="${APP}/callback">${fields.join('')}</form>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.entryPoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sso`;

  const provider = IdentityProvider({
    entityID: ENTITY,
    signingCert: keys.cert,
    privateKey: keys.private,
    nameIDFormat: [state.says.format],
    singleSignOnService: [{ Binding: SSO, Location: state.entryPoint }],
    singleLogoutService: [{ Binding: SSO, Location: state.entryPoint }],
  });
  const app = ServiceProvider({
    entityID: APP,
    wantAssertionsSigned: true,
    wantMessageSigned: true,
    assertionConsumerService: [{ Binding: POST, Location: `${APP}/callback` }],
  });

  async function answer(SAMLRequest: string, RelayState: string): Promise<Form> {
    const request = await provider.parseLoginRequest(app, 'redirect', { query: { SAMLRequest } });
    const { nameId, format, audience, until, inResponseTo = String(request.extract.request?.id) } = state.says;
    const now = new Date().toISOString();
    const tags = {
      ID: `_${crypto.randomUUID()}`,
      AssertionID: `_${crypto.randomUUID()}`,
      Destination: `${APP}/callback`,
      SubjectRecipient: `${APP}/callback`,
      Audience: audience,
      Issuer: ENTITY,
      IssueInstant: now,
      StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
      ConditionsNotBefore: new Date(Date.now() - 3_600_000).toISOString(),
      ConditionsNotOnOrAfter: until.toISOString(),
      SubjectConfirmationDataNotOnOrAfter: until.toISOString(),
      NameIDFormat: format,
      NameID: nameId,
      InResponseTo: inResponseTo,
      AuthnStatement: '',
      AttributeStatement: '',
    };
    const write = (template: string) => ({ id: tags.ID, context: SamlLib.replaceTagsByValue(template, tags) });
    const { context } = await provider.createLoginResponse(app, { ...request }, 'post', {}, write);
    return { SAMLResponse: context, RelayState };
  }

  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(state, { close });
}

export type TestProvider = Awaited<ReturnType<typeof identityProvider>>;
