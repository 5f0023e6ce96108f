import {
  AuthEvents,
  addressOf,
  BackgroundTasks,
  type Device,
  featureSettings,
  Limits,
  Mailer,
  recipientOf,
  type SettingsOf,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { NOTICES, type NoticeKind, type UserEvent } from './notice-kinds.js';
import { noticeMail } from './notice-mail.js';
import type { NOTICES_OPTIONS } from './notices.options.js';
import { SeenDevices } from './seen-devices.js';

const SETTINGS = featureSettings<SettingsOf<typeof NOTICES_OPTIONS>>('notices');

const UNKNOWN: Device = { ip: null, userAgent: null };

/** Tells users by mail what happened to their account, after it has happened. */
@Injectable()
export class Notices implements OnModuleInit {
  /** The user id by the device of their registration. */
  readonly #registrations = new WeakMap<Device, string>();

  constructor(
    @Inject(SETTINGS) private readonly settings: SettingsOf<typeof NOTICES_OPTIONS>,
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(SeenDevices) private readonly devices: SeenDevices,
  ) {}

  onModuleInit(): void {
    this.events.on('registered', ({ userId, device }) => this.#rememberFirst(userId, device));
    for (const name of Object.keys(NOTICES) as (keyof typeof NOTICES)[]) {
      if (this.settings[name]) this.#watch(NOTICES[name]);
    }
  }

  #watch(notice: NoticeKind): void {
    this.events.on(notice.event, (happened: UserEvent) => {
      // The first device and the first provider are part of the registration, so they cause no mail.
      if (happened.device && this.#registrations.get(happened.device) === happened.userId) return;
      if (notice.isOfNewDevices) this.#tellOfNewDevice(notice, happened);
      else this.background.run(() => this.#tell(notice, happened));
    });
  }

  #rememberFirst(userId: string, device: Device): void {
    if (isUnknown(device)) return;
    this.#registrations.set(device, userId);
    if (this.settings.newDevice) {
      this.background.run(() => this.devices.remember({ userId, userAgent: device.userAgent }));
    }
  }

  #tellOfNewDevice(notice: NoticeKind, event: UserEvent): void {
    const { userId, at, device = UNKNOWN } = event;
    if (isUnknown(device)) return;
    const login = { userId, userAgent: device.userAgent, at };
    this.background.run(() => this.devices.unlessSeen(login, () => this.#tell(notice, event)));
  }

  async #tell(notice: NoticeKind, event: UserEvent): Promise<void> {
    const user = await this.users.findById(event.userId);
    const address = user && addressOf(user);
    if (!address) return;
    // Not counted by device: a thief could first use up the budget of their own address, and then no mail is sent.
    await this.limits.take('notice', `${notice.kind}:${event.userId}`);
    const occasion = { at: event.at, device: event.device ?? UNKNOWN, page: this.settings.page };
    await this.mailer.send(noticeMail(recipientOf(user, address), notice, occasion));
  }
}

/** True for the app's own calls of `AuthService` without `deviceOf(request)`. */
function isUnknown({ ip, userAgent }: Device): boolean {
  return ip === null && userAgent === null;
}
