import { createHash } from 'node:crypto';
import { AuthError, AuthEvents, type FeatureHooks, featureSettings, type SettingsOf } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import type { BREACHED_PASSWORDS_OPTIONS } from './breached-passwords.options.js';
import { countIn, fetchRange, InvalidAnswer } from './range.js';

const SETTINGS = featureSettings<SettingsOf<typeof BREACHED_PASSWORDS_OPTIONS>>('breachedPasswords');

/** More than the number of hashes that can run and wait in a process. */
const MOST_AT_ONCE = 64;

/** Asks whether a password is known from breaches, by k-anonymity: only five characters of its SHA-1 leave the process. */
@Injectable()
export class BreachCheck implements FeatureHooks {
  readonly feature = 'breachedPasswords';
  #running = 0;

  constructor(
    @Inject(SETTINGS) private readonly settings: SettingsOf<typeof BREACHED_PASSWORDS_OPTIONS>,
    @Inject(AuthEvents) private readonly events: AuthEvents,
  ) {}

  /** @throws AuthError `password_breached` */
  async beforePassword(password: string): Promise<void> {
    if ((await this.#timesSeen(password)) >= this.settings.minCount) throw new AuthError('password_breached');
  }

  /** @returns 0 also if the server does not answer: its outage must not lock users out */
  async #timesSeen(password: string): Promise<number> {
    if (this.#running >= MOST_AT_ONCE) {
      this.events.emit('breach_check_failed', { reason: 'busy' });
      return 0;
    }
    this.#running++;
    try {
      const { url, timeout } = this.settings;
      const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
      return countIn(await fetchRange(`${url}/${digest.slice(0, 5)}`, timeout * 1000), digest.slice(5));
    } catch (error) {
      // Not the error itself: its cause may name the address, which ends with the five characters.
      this.events.emit('breach_check_failed', {
        reason: error instanceof InvalidAnswer ? 'invalid_answer' : 'no_answer',
      });
      return 0;
    } finally {
      this.#running--;
    }
  }
}
