import { option } from '@acme/nest-auth';
import type { Identity, ProviderSource } from './strategies/provider.js';

/** The options below `social`. */
export const SOCIAL_OPTIONS = {
  url: option.page({
    required: true,
    example: "'https://api.example.org/auth'",
    withoutFragment: true,
    doc: "The address of the library's routes as browsers know it, prefix included. Providers answer to `<url>/login/<provider>/callback`.",
  }),
  returnTo: option.list(
    option.page({ example: "'https://app.example.org/welcome'", withoutFragment: true, orOfApp: true }),
    {
      required: true,
      example: "['https://app.example.org/welcome']",
      doc: 'The pages that a login may end at. `return_to` must be one of them, character by character; the first is the default. An app on a phone has one of its own, as `org.example.app:/welcome`.',
    },
  ),
  providers: option.value({
    type: option.typed<Readonly<Record<string, ProviderSource>>>('Readonly<Record<string, ProviderSource>>'),
    required: true,
    fits: (given) => typeof given === 'object' && given !== null && !Array.isArray(given),
    remedy: 'write { google: { clientID, clientSecret } }',
    doc: 'The client of each provider by its name in `social({ … })`: `{ clientID, clientSecret }`, with further options of the strategy, or `(request) =>` such an object for a client per tenant.',
  }),
  profile: option.callback({
    type: option.typed<(identity: Identity) => Readonly<Record<string, unknown>>>(
      '(identity: Identity) => Readonly<Record<string, unknown>>',
    ),
    remedy: 'write (identity) => ({ … })',
    doc: "The app's own fields of a user whom a first login creates, for `UserStore.create`.",
  }),
  loginPage: option.page({
    example: "'https://app.example.org/login'",
    doc: 'The page that the owner of an account is sent to when somebody only claims its address at a provider.',
  }),
  signUp: option.flag({ default: true, doc: 'Whether the first login of an unknown person creates an account.' }),
  timeout: option.duration({
    default: '10s',
    min: '1s',
    max: '1m',
    doc: 'How long a provider may take to answer us before the login fails.',
  }),
};
