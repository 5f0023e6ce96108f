import type { AuthDescription } from '@acme/nest-auth';
import type { AuthSchemas, Json } from './schemas.js';

/** What an operation says about the tokens that it answers with. */
export interface TokenAnswer {
  readonly answer: Json;
  readonly headers?: Json;
  readonly parameter?: Json;
}

/** The header by which a client chooses. */
const CHOICE: Json = {
  name: 'X-Auth-Transport',
  in: 'header',
  required: false,
  description: 'How the tokens are answered: in the body, or by cookie.',
  schema: { type: 'string', enum: ['bearer', 'cookie'], default: 'bearer' },
};

/**
 * Describes the answer with tokens on the app's transport.
 * @param of `login`: a feature may answer with a challenge; `tokens`: a refresh; `access`: a confirmation, without a
 * refresh token
 */
export function tokenAnswer(
  of: 'login' | 'tokens' | 'access',
  { transport, cookies, challenges }: AuthDescription,
  schemas: AuthSchemas,
): TokenAnswer {
  const answers = [
    ...(transport === 'cookie' ? [] : [schemas.ref(of === 'access' ? 'AuthAccessToken' : 'AuthTokens')]),
    ...(transport === 'bearer' ? [] : [schemas.ref('AuthTokensByCookie')]),
    ...(of === 'login' && challenges ? [schemas.ref('AuthChallenge')] : []),
  ];
  const [first = {}, ...others] = answers;
  return {
    answer: others.length === 0 ? first : { oneOf: answers },
    ...(transport === 'bearer' ? {} : { headers: { 'Set-Cookie': setCookie(of, cookies) } }),
    ...(transport === 'both' ? { parameter: CHOICE } : {}),
  };
}

function setCookie(of: string, { access, refresh }: AuthDescription['cookies']): Json {
  const tokens = of === 'access' ? `the token, in ${access}` : `the tokens, in ${access} and ${refresh}`;
  return { description: `By cookie: ${tokens}.`, schema: { type: 'string' } };
}
