import { token } from '../core/token.js';
import type { PolicyRules } from './policy-list.js';

/** The option `policy` of a module; `null` if the app does not give it. */
export interface ReviewSettings extends PolicyRules {
  readonly onFinding: 'throw' | 'warn';
}
export const ReviewSettings = token<ReviewSettings | null>('policy-review');
