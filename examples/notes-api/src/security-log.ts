import { AuthEvents } from '@acme/nest-auth';
import { Inject, Injectable, Logger } from '@nestjs/common';

/** One line for each security-relevant act; none of them holds a password, a token or a hash. */
@Injectable()
export class SecurityLog {
  readonly #logger = new Logger('Security');

  constructor(@Inject(AuthEvents) events: AuthEvents) {
    events.on('replay_detected', ({ userId }) => this.#logger.warn(`A refresh token of ${userId} was used twice.`));
    events.subscribe(({ type, at: _, ...details }) => this.#logger.log(`${type} ${JSON.stringify(details)}`));
  }
}
