import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { tables } from '../tables.js';

export const auth = betterAuth({
  secret: process.env.BETTER_AUTH_SECRET ?? '',
  baseURL: 'http://localhost:3000',
  database: memoryAdapter(tables as never),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
});
