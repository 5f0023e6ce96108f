// `nest add @acme/nest-auth`. It imports nothing of the CLI, so that it runs in the CLIs of Nest 11 and 12.
const { randomBytes } = require('node:crypto');
const { posix } = require('node:path');
const { version } = require('../package.json');
const { readApp, refusal, textOf } = require('./app.cjs');
const { isIgnored, withIgnored, withVariables } = require('./environment.cjs');
const { filesFor } = require('./files.cjs');
const { packagesOf, withPackages } = require('./manifest.cjs');
const { withImport, withPublicHello } = require('./module-edit.cjs');
const { remaining } = require('./remaining.cjs');

const ENVIRONMENT = ['.env', '.env', '/.env', '.env*', '*.env'];
const DATABASE_URL = 'postgres://postgres:postgres@127.0.0.1:5432/postgres';

const OPTIONS = ['orm', 'transport', 'install'];
/** What the CLI adds, and its own switches, which it also passes on. */
const OF_CLI = ['sourceRoot', 'skipInstall', 's', 'project', 'p'];

function nestAdd(options) {
  return (tree, { logger, addTask }) => {
    refuseUnknown(options);
    const app = readApp(tree, options);
    const entry = `${app.sourceRoot}/auth/authentication.ts`;
    if (tree.exists(entry)) {
      logger.info(`${entry} is there already, so nothing was changed. To start over, delete it and run this again.`);
      return tree;
    }
    refuseOthers(app);
    const plan = planFor(app, (path) => textOf(tree, path));
    for (const [path, text] of Object.entries(plan.changes)) write(tree, path, text);
    if (options.install !== false && plan.added.length > 0) addTask?.(installTask(app.packageManager));
    for (const line of remaining(app, plan)) logger.info(line);
    return tree;
  };
}

/** A misspelt option would be replaced by its default. */
function refuseUnknown(options) {
  const [unknown] = Object.keys(options).filter((name) => !OPTIONS.includes(name) && !OF_CLI.includes(name));
  if (unknown === undefined) return;
  throw refusal(`There is no option ${unknown}; choose from ${OPTIONS.join(', ')}. Nothing was changed.`);
}

/** Refuses an app that needs the developer's own decisions. */
function refuseOthers({ orm, usesOrm }) {
  if (!usesOrm || orm === 'typeorm') return;
  throw refusal(
    `This app uses ${orm} already, and only you know where its client is. Nothing was changed. Add the stores by hand: ` +
      `https://www.npmjs.com/package/@acme/nest-auth-${orm}`,
  );
}

/** All changes as texts of files, and what the developer must do. It reads, but writes nothing. */
function planFor(app, read, secret = () => randomBytes(32).toString('base64url')) {
  const files = filesFor(app);
  const kept = Object.keys(files).filter((path) => read(path) !== undefined);
  const created = Object.entries(files).filter(([path]) => !kept.includes(path));
  const { text: manifest, added, taken } = withPackages(app.manifestText, packagesOf({ ...app, version }));
  const rootFile = `${app.sourceRoot}/${app.root.file}`;
  const wired = app.root.text && withImport(app.root.text, importOf(app));
  const controllerFile = `${app.sourceRoot}/app.controller.ts`;
  const controller = read(controllerFile);
  const opened = controller && withPublicHello(controller);

  const wanted = {
    'package.json': manifest,
    ...environmentFor(app, read, secret),
    ...(wired ? { [rootFile]: wired } : {}),
    ...(opened ? { [controllerFile]: opened } : {}),
    ...Object.fromEntries(created),
  };
  const changes = Object.fromEntries(Object.entries(wanted).filter(([path, text]) => text !== read(path)));
  const isWired = Boolean(wired);
  // A line in .gitignore has no effect on a file that git already tracks.
  const mayBeKept = read('.env') !== undefined && !isIgnored(read('.gitignore') ?? '', ENVIRONMENT);
  return { changes, added, taken, kept, rootFile, isWired, opens: controllerFile in changes, mayBeKept };
}

function importOf({ root, suffix }) {
  const path = posix.relative(posix.dirname(root.file), `auth/authentication${suffix}`);
  return { module: root.name, name: 'authentication', from: path.startsWith('.') ? path : `./${path}` };
}

function environmentFor({ orm, sourceRoot }, read, secret) {
  const database = orm === 'none' ? {} : { DATABASE_URL };
  const example = { AUTH_ACCESS_SECRET: '', AUTH_REFRESH_SECRET: '', ...database };
  const own = { AUTH_ACCESS_SECRET: secret(), AUTH_REFRESH_SECRET: secret(), ...database };
  const generated = `/${sourceRoot}/generated/`;
  const ignored = [ENVIRONMENT, ...(orm === 'prisma' ? [[generated, generated]] : [])];
  return {
    '.env.example': withVariables(read('.env.example') ?? '', example, 'Make each secret with: npx nest-auth secret'),
    '.env': withVariables(read('.env') ?? '', own),
    '.gitignore': withIgnored(read('.gitignore') ?? '', ignored),
  };
}

function write(tree, path, text) {
  if (tree.exists(path)) tree.overwrite(path, text);
  else tree.create(path, text);
}

/** The same description as that of the CLI's own install task, whose class would need an import. */
function installTask(packageManager) {
  const options = { command: 'install', quiet: true, hideOutput: true, packageManager };
  return { toConfiguration: () => ({ name: 'node-package', options }) };
}

module.exports = { nestAdd, planFor };
