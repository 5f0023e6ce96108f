import type { AuthOptions } from '@acme/nest-auth';
import { linkTo } from '../page/page-url.js';
import { line } from '../text.js';
import { ACME_ID, type AcmeId } from './acme-id.js';

/** The options of the feature `social()`. The page asks for the same views: page/acme-id/log-in.ts. */
const VIEWS = ['', 'all-notes', 'security'];
const NAME_FITS = 80;
const name = line(NAME_FITS).catch('Somebody');

export function socialOptions({ options }: AcmeId): NonNullable<AuthOptions['social']> {
  return {
    url: linkTo('auth'),
    returnTo: VIEWS.map(linkTo),
    loginPage: linkTo('login'),
    providers: { [ACME_ID]: options },
    profile: (identity) => ({
      displayName: name.parse((identity.name ?? identity.email?.split('@')[0])?.slice(0, NAME_FITS)),
    }),
  };
}
