import type { GUARDINGS } from './guardings.js';

/** What is measured, and how its requests look. */
export interface Variant {
  readonly name: string;
  readonly guarding: keyof typeof GUARDINGS;
  readonly everyTokenNew?: boolean;
}

const BARE: Variant = { name: 'bare', guarding: 'bare' };
export const WARM: Variant = { name: 'ours, warm, `@Roles`', guarding: 'ours, @Roles' };
export const COLD: Variant = { name: 'ours, cold (every token new)', guarding: 'ours', everyTokenNew: true };

/** Servers that take turns. A few at a time: what one leaves of the processor's caches is all that the next one has. */
export interface League {
  readonly variants: readonly Variant[];
  /** How often each server is started anew: some processes stay slower than others of the same code. */
  readonly generations: number;
  readonly rounds: number;
}

export const LEAGUES: readonly League[] = [
  {
    variants: [
      BARE,
      { name: 'bare again (the control)', guarding: 'bare' },
      { name: 'null guard', guarding: 'null guard' },
      { name: 'null guard that sets `request.user`', guarding: 'constant caller' },
      WARM,
      COLD,
      { name: 'fast-jwt guard, cold', guarding: 'fast-jwt, no cache', everyTokenNew: true },
    ],
    generations: 3,
    rounds: 12,
  },
  {
    variants: [
      BARE,
      WARM,
      { name: 'ours, warm', guarding: 'ours' },
      { name: "ours, `revocation: 'strict'` on Redis", guarding: 'ours, strict on Redis' },
      { name: "`AuthGuard('jwt')` of the guides, string", guarding: 'passport-jwt, string' },
      { name: "`AuthGuard('jwt')`, KeyObject", guarding: 'passport-jwt, KeyObject' },
      { name: 'JwtService guard, string', guarding: 'JwtService, string' },
      { name: 'JwtService guard, KeyObject', guarding: 'JwtService, KeyObject' },
      { name: 'better-auth, cookie cache', guarding: 'better-auth, cookie cache' },
    ],
    generations: 1,
    rounds: 10,
  },
];
