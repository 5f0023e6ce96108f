import { AuthModule } from '@acme/nest-auth';
import type { Caller, KeycloakClaims } from '../caller.js';

export const auth = AuthModule.forResourceServerAsync({
  useFactory: () => ({
    jwksUri: `${process.env.OIDC_ISSUER}/protocol/openid-connect/certs`,
    issuer: process.env.OIDC_ISSUER ?? '',
    audience: 'notes',
    // Keycloak writes the kind of each token into the token.
    caller: ({ typ, realm_access }) =>
      typ === 'Bearer' ? { roles: (realm_access as KeycloakClaims['realm_access'])?.roles } : null,
    requestUser: ({ id, roles, claims }): Caller => ({
      userId: id,
      username: String(claims.preferred_username),
      roles,
    }),
  }),
});
