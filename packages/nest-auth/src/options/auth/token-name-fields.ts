import { group } from '../fields/composites.js';
import { text } from '../fields/values.js';

const name = <const Field extends string, const Other extends string>(field: Field, other: Other, doc: string) =>
  text({
    default: field,
    example: `'${other}' or '${field}'`,
    check: (given) =>
      /^[A-Za-z][A-Za-z0-9_]*$/.test(given) ? undefined : `is not a valid field name; write '${other}' or '${field}'`,
    doc,
  });

/** The option `tokenFields`, for clients that were written for another server. */
export const TOKEN_FIELDS = group({
  access_token: name('access_token', 'accessToken', "The access token's name in answers."),
  refresh_token: name('refresh_token', 'refreshToken', "The refresh token's name in answers and bodies."),
  token_type: name('token_type', 'tokenType', "The name of the token's type in answers."),
  expires_in: name('expires_in', 'expiresIn', "The name of the access token's lifetime in answers with tokens."),
});
