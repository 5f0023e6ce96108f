/** What `request.user` is in this app, before the switch and after it. */
export interface Caller {
  readonly userId: string;
  readonly username: string;
  readonly roles: readonly string[];
}

/** The claims of Keycloak's access tokens that this app reads. */
export interface KeycloakClaims {
  readonly sub: string;
  readonly preferred_username: string;
  readonly realm_access?: { readonly roles: readonly string[] };
}
