import * as crypto from 'node:crypto';
import { AuthModule, memoryStores, TokenService } from '@acme/nest-auth';
import { NestFactory } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { createSigner, createVerifier } from 'fast-jwt';
import * as jose from 'jose';
import jwt from 'jsonwebtoken';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { claims, KID, SECRETS, sessionId } from './harness/tokens.js';

export const ALGORITHMS = ['HS256', 'ES256', 'PS256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
/** The nth token of a slice. */
export type Operation = (n: number) => unknown;

export interface Library {
  readonly operations: Readonly<Record<string, Operation>>;
  /** How many different ones there are: the end of a slice. */
  readonly tokens: number;
  /** Runs before each slice, and clears all caches of tokens. */
  forget(): void;
}

interface Keys {
  readonly alg: Algorithm;
  readonly signing: crypto.KeyObject;
  readonly verification: crypto.KeyObject;
}

/** A fresh string each time, as the parser of HTTP makes one. */
type Fresh = (n: number) => string;

export const LIBRARIES = [
  ...['node:crypto', '@acme/nest-auth', 'fast-jwt', 'jose', 'jsonwebtoken', '@nestjs/jwt'],
  ...['passport-jwt, KeyObject', 'passport-jwt, string'],
] as const;

/** With fewer tokens, a slice of the fastest library would end early; with more, our cache would be emptied. */
const TOKENS: Record<Algorithm, number> = { HS256: 5000, ES256: 1000, PS256: 300 };
/** The tokens that are repeated in warm runs. */
export const WARM = 300;

export async function libraryOf(name: string, algorithm: string): Promise<Library> {
  const alg = algorithm as Algorithm;
  const keys = keysOf(alg);
  const sign = createSigner({
    key: exported(keys.signing),
    algorithm: alg,
    kid: KID,
    header: { typ: 'at+jwt' } as never,
  });
  const tokens = Array.from({ length: TOKENS[alg] }, (_, n) => Buffer.from(sign(claims(n))));
  const fresh: Fresh = (n) => {
    const bytes = tokens[n % tokens.length] as Buffer;
    return bytes.toString('latin1');
  };
  const { operations, forget = () => {} } = await OPERATIONS[name as (typeof LIBRARIES)[number]](keys, fresh);
  return { operations, forget, tokens: tokens.length };
}

/** As text, or as the bytes of a secret. */
function exported(key: crypto.KeyObject): string | Buffer {
  if (key.type === 'secret') return key.export();
  return key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' });
}

function keysOf(alg: Algorithm): Keys {
  if (alg === 'HS256') {
    const key = crypto.createSecretKey(Buffer.from(SECRETS.access));
    return { alg, signing: key, verification: key };
  }
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { alg, signing: privateKey, verification: publicKey };
}

type Offer = { readonly operations: Readonly<Record<string, Operation>>; readonly forget?: () => void };

const OPERATIONS: Record<(typeof LIBRARIES)[number], (keys: Keys, fresh: Fresh) => Offer | Promise<Offer>> = {
  'node:crypto': (keys, fresh) => ({ operations: bare(keys, fresh) }),
  '@acme/nest-auth': ours,
  'fast-jwt': ({ alg, signing, verification }, fresh) => {
    const pem = exported(verification);
    const options = { key: pem, algorithms: [alg] };
    let cached = createVerifier({ ...options, cache: 10_000 });
    const verify = createVerifier(options);
    const sign = createSigner({ key: exported(signing), algorithm: alg });
    const operations = {
      'verify, warm': (n: number) => cached(fresh(n % WARM)),
      'verify, cold': (n: number) => verify(fresh(n)),
      sign: (n: number) => sign(claims(n)),
    };
    const forget = () => {
      cached = createVerifier({ ...options, cache: 10_000 });
    };
    return { operations, forget };
  },
  jose: ({ alg, signing, verification }, fresh) => ({
    operations: {
      'verify, cold': (n) => jose.jwtVerify(fresh(n), verification, { algorithms: [alg] }),
      sign: (n) => new jose.SignJWT(claims(n)).setProtectedHeader({ alg }).sign(signing),
    },
  }),
  jsonwebtoken: ({ alg, signing, verification }, fresh) => ({
    operations: {
      'verify, cold': (n) => jwt.verify(fresh(n), verification, { algorithms: [alg] }),
      sign: (n) => jwt.sign(claims(n), signing, { algorithm: alg }),
    },
  }),
  '@nestjs/jwt': ({ alg, signing, verification }, fresh) => {
    const pair = { privateKey: signing as never, publicKey: verification as never };
    const service = new JwtService(alg === 'HS256' ? { secret: signing as never } : pair);
    const operations = {
      'verify, cold': (n: number) => service.verifyAsync(fresh(n), { algorithms: [alg] }),
      sign: (n: number) => service.signAsync(claims(n), { algorithm: alg }),
    };
    return { operations };
  },
  'passport-jwt, KeyObject': ({ alg, verification }, fresh) => throughPassport(alg, verification as never, fresh),
  'passport-jwt, string': ({ alg, verification }, fresh) => {
    const text = exported(verification);
    return throughPassport(alg, String(text), fresh);
  },
};

/** The minimum of every library: check the signature, and read the claims. */
function bare({ alg, signing, verification }: Keys, fresh: Fresh): Record<string, Operation> {
  const isHmac = alg === 'HS256';
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const raw = { dsaEncoding: 'ieee-p1363' as const };
  const options = alg === 'ES256' ? raw : pss;
  const hmac = (input: string) => crypto.createHmac('sha256', signing).update(input).digest();
  const check = (input: string, signature: Buffer) =>
    isHmac
      ? crypto.timingSafeEqual(hmac(input), signature)
      : crypto.verify('sha256', Buffer.from(input), { key: verification, ...options }, signature);
  const header = Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url');
  return {
    'verify, cold': (n) => {
      const token = fresh(n);
      const end = token.lastIndexOf('.');
      const input = token.slice(0, end);
      if (!check(input, Buffer.from(token.slice(end + 1), 'base64url')))
        throw new Error('A token of the bench is not genuine.');
      return JSON.parse(Buffer.from(input.slice(input.indexOf('.') + 1), 'base64url').toString());
    },
    sign: (n) => {
      const input = `${header}.${Buffer.from(JSON.stringify(claims(n))).toString('base64url')}`;
      const signature = isHmac ? hmac(input) : crypto.sign('sha256', Buffer.from(input), { key: signing, ...options });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}

async function ours({ alg, signing, verification }: Keys, fresh: Fresh): Promise<Offer> {
  const access =
    alg === 'HS256' ? { secret: signing, kid: KID } : { alg, privateKey: signing, publicKey: verification, kid: KID };
  const options = { ...memoryStores({ allowInProduction: true }), secrets: { access, refresh: SECRETS.refresh } };
  const app = await NestFactory.createApplicationContext(AuthModule.forRoot(options), { logger: ['error'] });
  const service = app.get(TokenService);
  const user = { id: sessionId(1), login: 'ann@example.org', passwordHash: null, roles: ['editor', 'admin'] };
  const operations = {
    'verify, warm': (n: number) => service.authenticate(fresh(n % WARM)),
    'verify, cold': (n: number) => service.authenticate(fresh(n)),
    sign: (n: number) => service.issue(user, sessionId(n)),
  };
  // Only new keys empty the cache.
  return { operations, forget: () => service.useKeys(access) };
}

function throughPassport(alg: Algorithm, secretOrKey: string | Buffer, fresh: Fresh): Offer {
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKey,
    algorithms: [alg as 'HS256'],
  };
  passport.use(
    new Strategy(options, (payload: object, done: (error: null, user: object) => void) => done(null, payload)),
  );
  const verify = (n: number) =>
    new Promise((resolve, reject) => {
      const request = { headers: { authorization: `Bearer ${fresh(n)}` } };
      const answer = (error: unknown, user: unknown) => (user ? resolve(user) : reject(error ?? new Error('refused')));
      passport.authenticate('jwt', { session: false }, answer)(request, {}, reject);
    });
  return { operations: { 'verify, cold': verify } };
}
