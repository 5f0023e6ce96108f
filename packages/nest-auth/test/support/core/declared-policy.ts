import { learnPolicy, type Policy, policyOf } from '../../../src/core/policy/policy.js';

export type Method = (...args: never[]) => unknown;
export type Class = abstract new (...args: never[]) => object;
export type Methods = Record<string, Method>;

export const methodsOf = (type: Class): Methods => type.prototype as Methods;
export const policyAt = (type: Class, name = 'list'): Policy => policyOf(methodsOf(type)[name] as Method, type);
export const problemAt = (type: Class, name = 'list'): string | undefined =>
  learnPolicy(methodsOf(type)[name] as Method, type, { prototype: type.prototype as object, name });

export const CLOSED = { access: 'authenticated' };
export const ADMIN = { access: 'authenticated', anyRole: ['admin'] };
