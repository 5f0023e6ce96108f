import { defaultOf, rangeOf } from './tables.mjs';

const EXAMPLE = `<!-- with:
import type { UserStore } from '@acme/nest-auth';
declare class ConfigModule {}
declare class ConfigService { get(key: string, otherwise: string): string }
declare class UsersService { findById: UserStore['findById']; findByLogin: UserStore['findByLogin'];
  create: UserStore['create']; setPasswordHash: UserStore['setPasswordHash'] }
-->
\`\`\`ts
import { AuthModule } from '@acme/nest-auth';

export const auth = AuthModule.forRootAsync({
  imports: [ConfigModule],
  inject: [ConfigService, UsersService],
  useFactory: (config: ConfigService, users: UsersService) => ({
    userStore: users,
    secrets: { access: config.get('AUTH_ACCESS_SECRET', ''), refresh: config.get('AUTH_REFRESH_SECRET', '') },
    ttl: { access: '10m' },
  }),
  routes: { prefix: 'v1/auth', register: false },
});
\`\`\``;

/** docs/reference/options.md. */
export function optionsPage({ AUTH_OPTIONS, EXTRAS, FEATURES, RESOURCE_SERVER_OPTIONS, RESOURCE_SERVER_EXTRAS }) {
  return `<!-- Generated from the tables of options by "npm run reference". Do not edit. -->

# Options

Whatever is wrong with them is reported at boot, all of it at once. A duration is \`'15m'\`, \`'12h'\`, \`'30d'\`, or a number
of seconds; a number that looks like milliseconds is refused.

## \`AuthModule.forRoot\` and \`forRootAsync\`

\`forRoot(options)\` takes them as they are; \`forRootAsync({ inject, useFactory | useClass | useExisting })\` asks a factory.
A class has the method \`createAuthModuleOptions\`.

${EXAMPLE}

${tableOf(AUTH_OPTIONS)}

These shape the module, so they are static: write them beside \`useFactory\`, or among the options of \`forRoot\`.

${tableOf(EXTRAS)}

A [feature](../guides/write-a-feature.md) has its options below its name, among those that a factory returns:

${tableOf(groupsOf(FEATURES))}

## \`AuthModule.forResourceServer\` and \`forResourceServerAsync\`

For [a service that only verifies tokens](../guides/resource-server.md). A class has the method \`createResourceServerOptions\`.

${tableOf(RESOURCE_SERVER_OPTIONS)}

These are static, as above.

${tableOf(RESOURCE_SERVER_EXTRAS)}
`;
}

/** Each feature as a group of options. */
function groupsOf(features) {
  const groups = Object.entries(features).map(([name, file]) => {
    const [members] = Object.values(file);
    return [name, { about: { type: '' }, members }];
  });
  return Object.fromEntries(groups);
}

function tableOf(table) {
  return ['| option | type | default | range | meaning |', '|---|---|---|---|---|', ...rowsOf(table)].join('\n');
}

function rowsOf(table, group = '') {
  return Object.entries(table).flatMap(([name, { about, members }]) => {
    const { type, doc } = about;
    const inside = members ? rowsOf(members, `${group}${name}.`) : [];
    if (!type) return inside;
    const cells = [code(group + name), code(type), shown(about), rangeOf(about), doc];
    return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`, ...inside];
  });
}

function shown(about) {
  const isInWords = about.isRequired || about.isInWords || about.default === undefined;
  return isInWords ? defaultOf(about) : code(defaultOf(about));
}

function code(text) {
  return `\`${text}\``;
}
