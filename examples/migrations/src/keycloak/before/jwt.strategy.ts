import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { Caller, KeycloakClaims } from '../caller.js';
import { signingKeyOf } from './signing-keys.js';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: (_request, token: string, done) => {
        signingKeyOf(token).then(
          (key) => done(null, key),
          (error) => done(error),
        );
      },
      issuer: process.env.OIDC_ISSUER ?? '',
      audience: 'notes',
      algorithms: ['RS256'],
    });
  }

  validate({ sub, preferred_username, realm_access }: KeycloakClaims): Caller {
    return { userId: sub, username: preferred_username, roles: realm_access?.roles ?? [] };
  }
}
