import { option } from '@acme/nest-auth';
import { NOTICES } from './notice-kinds.js';

type Switch = ReturnType<typeof onByDefault>;

const switches = Object.fromEntries(
  Object.entries(NOTICES).map(([name, { doc }]) => [name, onByDefault(doc)]),
) as unknown as { readonly [Name in keyof typeof NOTICES]: Switch };

/** The options below `notices`. */
export const NOTICES_OPTIONS = {
  ...switches,
  page: option.page({
    example: "'https://app.example.org/security'",
    doc: "The app's page for users who did not do it themselves. Mails link to it, without a token.",
  }),
};

function onByDefault(doc: string) {
  return option.flag({ default: true, doc });
}
