// The app that people log in to: it has the users, the sessions and the private key.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { AuthModule, memoryStores } from '@acme/nest-auth';
import { Module } from '@nestjs/common';

export const ISSUER = 'https://auth.example.org';
export const stores = memoryStores();

@Module({
  imports: [
    AuthModule.forRoot({
      ...stores,
      secrets: {
        // A key pair, so that other services can verify tokens but cannot sign them. A real app keeps its key pair over
        // a restart.
        access: { alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
        refresh: randomBytes(32).toString('base64url'),
      },
      issuer: ISSUER,
      audience: 'notes',
    }),
  ],
})
export class IssuerModule {}
