import type { Mail } from '../../ports/mailer.js';
import type { AuthUser } from '../../ports/user-store.js';

/** The address and the language of a mail. */
export type Recipient = Pick<Mail, 'to' | 'locale'>;

/**
 * The recipient of a mail to a user. The language is the `locale` of the app's own user, if that is a language tag
 * (BCP 47).
 * @param user `null` for an address without an account
 */
export function recipientOf(user: AuthUser | null, to: string): Recipient {
  const locale = user && localeOf(user);
  return locale ? { to, locale } : { to };
}

/** The language tag in its canonical form. An invalid tag must not stop the mail. */
function localeOf(user: AuthUser): string | undefined {
  try {
    const { locale } = user as { readonly locale?: unknown };
    return typeof locale === 'string' ? Intl.getCanonicalLocales(locale)[0] : undefined;
  } catch {
    return undefined;
  }
}
