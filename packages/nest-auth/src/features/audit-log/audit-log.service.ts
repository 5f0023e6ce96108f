import { AuthEvents, featureSettings, type SettingsOf } from '@acme/nest-auth';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { AUDIT_LOG_OPTIONS } from './audit-log.options.js';
import { AuditQueue, type AuditReporter } from './audit-queue.js';
import { AuditRecords } from './audit-record.js';
import { protectionOf } from './personal-fields.js';
import { summaryOf } from './sink-error.js';

const SETTINGS = featureSettings<SettingsOf<typeof AUDIT_LOG_OPTIONS>>('auditLog');

/** In milliseconds: the time for all waiting records when the app closes. */
const PATIENCE = 5000;
const FIRST_PAUSE = 500;

/** Hands every event to the sink. */
@Injectable()
export class AuditLog implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger('AuditLog');
  readonly #queue: AuditQueue;
  readonly #stop: () => void;
  #end: number | undefined;

  constructor(
    @Inject(SETTINGS) settings: SettingsOf<typeof AUDIT_LOG_OPTIONS>,
    @Inject(AuthEvents) events: AuthEvents,
  ) {
    const { sink, omit, pseudonyms, queue, batch, timeout, retry } = settings;
    this.#queue = new AuditQueue({
      sink,
      records: new AuditRecords(protectionOf(omit, pseudonyms as Parameters<typeof protectionOf>[1])),
      max: queue,
      batch,
      timeout: timeout * 1000,
      pause: { first: FIRST_PAUSE, most: retry * 1000 },
      reporter: this.#reporter(queue),
    });
    // Not in `onModuleInit`: that of another module may run earlier and create users.
    const subscription = events.subscribe((event) => this.#queue.add(event));
    this.#stop = () => subscription.unsubscribe();
  }

  /** Runs before other modules close the connection of the sink. */
  onModuleDestroy(): Promise<void> {
    return this.#flush();
  }

  /** Writes the events of work that ran after an answer. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#flush();
  }

  /** Writes the events of the last requests that the server answered. */
  async onApplicationShutdown(): Promise<void> {
    await this.#flush();
    this.#stop();
    const lost = this.#queue.close();
    if (lost > 0) this.#say('error', `${lost} audit records were not written when the app closed.`);
  }

  /** All flushes share one time limit. */
  #flush(): Promise<void> {
    this.#end ??= performance.now() + PATIENCE;
    return this.#queue.flush(this.#end - performance.now());
  }

  #reporter(max: number): AuditReporter {
    return {
      failing: (error) =>
        this.#say('error', `The audit sink failed: ${summaryOf(error)}. Records wait in memory and are tried again.`),
      full: () =>
        this.#say(
          'error',
          `The audit queue is full with ${max} records. Until the sink takes them, new events are dropped and counted.`,
        ),
      recovered: () => this.#say('warn', 'The audit sink takes records again.'),
    };
  }

  /** A logger that throws must not stop the queue. */
  #say(level: 'error' | 'warn', line: string): void {
    try {
      this.#logger[level](line);
    } catch {}
  }
}
