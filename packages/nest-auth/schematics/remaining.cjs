// Texts about what the developer must know and do afterwards.

const RUN = { npm: ['npm run', 'npx'], pnpm: ['pnpm', 'pnpm exec'], yarn: ['yarn', 'yarn'], bun: ['bun run', 'bunx'] };

function remaining(app, { kept, taken, rootFile, isWired, opens, mayBeKept }) {
  return [
    ...kept.map((path) => `${path} was there and is left as it is.`),
    ...taken.map(([name, script]) => `The script "${name}" is yours; add to it: ${script}`),
    ...(mayBeKept
      ? ['The secrets are in .env, and git may have .env already. Before you commit: git rm --cached .env']
      : []),
    ...(isWired ? [] : [byHand(app, rootFile)]),
    opens
      ? 'Every route is private now. GET / got @Public(), so that your test of it still passes.'
      : 'Every route is private now. Add @Public() to those that everybody may call.',
    ...ofDatabase(app),
    `Run the new test: ${RUN[app.packageManager][0]} test:e2e`,
  ];
}

function byHand({ root, sourceRoot }, rootFile) {
  return (
    `${rootFile} does not look as expected and is left as it is. Import { authentication } from ` +
    `${sourceRoot}/auth/authentication.ts there, and add it to the imports of ${root.name}.`
  );
}

function ofDatabase({ orm, usesOrm, sourceRoot, testRoot, packageManager }) {
  const execute = RUN[packageManager][1];
  if (orm === 'none') {
    return [
      'Users and sessions are in memory, which production refuses. For a database, delete ' +
        `${sourceRoot}/auth/authentication.ts and ${testRoot}/auth.e2e-spec.ts, and run this again with another answer.`,
    ];
  }
  const url = 'Set DATABASE_URL in .env to your PostgreSQL database.';
  if (orm === 'prisma') return [url, `Run: ${execute} prisma generate && ${execute} prisma migrate deploy`];
  if (orm === 'drizzle') return [url, `Run: ${execute} drizzle-kit migrate`];
  if (!usesOrm) return [url, 'The app makes the tables when it starts.'];
  return [
    "Add ...authEntities('postgres') of @acme/nest-auth-typeorm to the entities of your DataSource, and " +
      `${sourceRoot}/database/migrations/1767225600000-auth-tables.ts to its migrations.`,
  ];
}

module.exports = { remaining };
