// The files that an app gets: a folder of templates for its ORM, and one for its transport.
const { readdirSync, readFileSync } = require('node:fs');
const { join, posix } = require('node:path');

const TEMPLATE = '.template';

/** @returns the text of each file by its path in the app */
function filesFor(app) {
  const folders = [app.orm, app.transport === 'cookie' ? 'cookie' : 'bearer'];
  const files = folders.flatMap((folder) => templatesIn(join(__dirname, 'files', folder)));
  const written = files.map(({ path, text }) => [placed(path, app), adapted(filled(text, app), path, app)]);
  return Object.fromEntries(written.filter(([path]) => !(app.usesOrm && path.endsWith('/database.module.ts'))));
}

function templatesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(TEMPLATE))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(folder.length + 1, -TEMPLATE.length).replaceAll('\\', '/');
      return { path, text: readFileSync(file, 'utf8') };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function placed(path, { sourceRoot, testRoot }) {
  return path.replace(/^src\//, `${sourceRoot}/`).replace(/^test\//, `${testRoot}/`);
}

/** Fills each `__name__` of a template. A line whose value is empty is removed. */
function filled(text, app) {
  const values = {
    transport: app.transport,
    sources: app.sourceRoot,
    moduleFormat: app.isModule ? 'esm' : 'cjs',
    extension: app.suffix.slice(1),
    migrationImport: app.orm === 'typeorm' ? "import { DataSource } from 'typeorm';" : '',
    runMigrations: app.orm === 'typeorm' ? 'await app.get(DataSource).runMigrations();' : '',
    adapterImport: app.onFastify ? "import { FastifyAdapter } from '@nestjs/platform-fastify';" : '',
    adapter: app.onFastify ? 'new FastifyAdapter()' : '',
    ready: app.onFastify ? 'await app.getHttpAdapter().getInstance().ready();' : '',
    rootModule: app.root.name,
    rootFile: `./../${posix.basename(app.sourceRoot)}/${app.root.file.replace(/\.ts$/, '.js')}`,
    tables: () => tablesFor(app.orm),
    models: () => read('tables/auth.prisma').trimEnd(),
  };
  const fill = (name) => (typeof values[name] === 'function' ? values[name]() : values[name]);
  return text
    .replace(/^ *__(\w+)__\n/gm, (line, name) => (fill(name) === '' ? '' : line))
    .replace(/__([a-zA-Z]+)__/g, (_, name) => fill(name));
}

function tablesFor(orm) {
  const sql = read(`tables/${orm}.sql`);
  // drizzle-kit runs a migration statement by statement.
  return orm === 'drizzle' ? sql.replace(/;\n+(?=.)/g, ';\n--> statement-breakpoint\n') : sql;
}

/** Adapts a template to the app. Templates are written for ESM, with the templates' own DatabaseModule. */
function adapted(text, path, { suffix, usesOrm }) {
  if (!path.endsWith('.ts')) return text;
  const own = usesOrm
    ? text.replace(/^import \{ DatabaseModule \}.*\n/m, '').replace('.forRoot(), DatabaseModule]', '.forRoot()]')
    : text;
  return suffix === '.js' ? own : own.replace(/ from '(\.[^']+|supertest\/types)\.js'/g, " from '$1'");
}

function read(path) {
  return readFileSync(join(__dirname, path), 'utf8');
}

module.exports = { filesFor };
