import type { GUARDS } from './guards.js';

/** The measured variants, and their requests. */
export interface Variant {
  readonly name: string;
  readonly guard: keyof typeof GUARDS;
  readonly everyTokenNew?: boolean;
}

const BARE: Variant = { name: 'bare', guard: 'bare' };
export const WARM: Variant = { name: 'ours, warm, `@Roles`', guard: 'ours, @Roles' };
export const BEARER: Variant = { name: 'ours, warm, by bearer', guard: 'ours' };
export const COOKIE: Variant = { name: 'ours, warm, by cookie', guard: 'ours, by cookie' };
export const BOTH: Variant = { name: "ours, warm, by bearer, with `transport: 'both'`", guard: 'ours, by both' };
export const CLOSED: Variant = {
  name: 'ours, warm, by bearer, with `inspector()` and no page open',
  guard: 'ours, inspector closed',
};
export const API_KEY: Variant = { name: 'ours, warm, by API key', guard: 'ours, by API key' };
export const COLD: Variant = { name: 'ours, cold (every token new)', guard: 'ours', everyTokenNew: true };

/** Servers that take turns. Only a few at a time, because each one evicts the others from the processor's caches. */
export interface LineUp {
  readonly variants: readonly Variant[];
  /** How often each server is started again: some processes stay slower than others of the same code. */
  readonly generations: number;
  readonly rounds: number;
}

export const LINE_UPS: readonly LineUp[] = [
  {
    variants: [
      BARE,
      { name: 'bare again (the control)', guard: 'bare' },
      { name: 'null guard', guard: 'null guard' },
      { name: 'null guard that sets `request.user`', guard: 'constant caller' },
      WARM,
      COLD,
      { name: 'fast-jwt guard, cold', guard: 'fast-jwt, no cache', everyTokenNew: true },
    ],
    generations: 3,
    rounds: 12,
  },
  {
    variants: [
      BARE,
      WARM,
      { name: 'ours, warm', guard: 'ours' },
      { name: "ours, `revocation: 'strict'` on Redis", guard: 'ours, strict on Redis' },
      { name: "`AuthGuard('jwt')` of the guides, string", guard: 'passport-jwt, string' },
      { name: "`AuthGuard('jwt')`, KeyObject", guard: 'passport-jwt, KeyObject' },
      { name: 'JwtService guard, string', guard: 'JwtService, string' },
      { name: 'JwtService guard, KeyObject', guard: 'JwtService, KeyObject' },
      { name: 'better-auth, cookie cache', guard: 'better-auth, cookie cache' },
    ],
    generations: 1,
    rounds: 10,
  },
  {
    variants: [
      BARE,
      BEARER,
      { name: 'ours, warm, by bearer again (the control)', guard: 'ours' },
      COOKIE,
      BOTH,
      CLOSED,
      API_KEY,
    ],
    generations: 3,
    rounds: 12,
  },
];
