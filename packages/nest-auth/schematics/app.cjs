// Reads what the schematic needs to know about the app.
const { posix } = require('node:path');
const { rootModuleOf } = require('./module-edit.cjs');

const ORMS = {
  typeorm: ['typeorm', '@nestjs/typeorm'],
  prisma: ['@prisma/client', 'prisma'],
  drizzle: ['drizzle-orm'],
};

/** @throws {Error} that says what to do, if this is not an app of Nest 11 or later */
function readApp(tree, { orm = 'none', transport = 'bearer', sourceRoot = 'src' }) {
  const manifestText = textOf(tree, 'package.json');
  if (manifestText === undefined) throw refusal('There is no package.json here. Run it in the folder of a Nest app.');
  const manifest = JSON.parse(manifestText);
  const packages = { ...manifest.dependencies, ...manifest.devDependencies };
  const nest = Number(/\d+/.exec(packages['@nestjs/core'] ?? packages['@nestjs/common'] ?? '')?.[0] ?? 0);
  if (nest < 11) throw refusal('package.json names no @nestjs/core of version 11 or later. Update Nest first.');

  const main = textOf(tree, `${sourceRoot}/main.ts`);
  const root = (main && rootModuleOf(main)) ?? { name: 'AppModule', file: 'app.module.ts' };
  const rootText = textOf(tree, `${sourceRoot}/${root.file}`);
  return {
    manifest,
    manifestText,
    packages,
    nest,
    orm,
    transport,
    sourceRoot,
    testRoot: posix.join(posix.dirname(sourceRoot), 'test'),
    root: { ...root, text: rootText },
    isModule: manifest.type === 'module',
    suffix: suffixOf(rootText ?? '', manifest),
    onFastify: !packages['@nestjs/platform-express'] && Boolean(packages['@nestjs/platform-fastify']),
    usesOrm: (ORMS[orm] ?? []).some((name) => packages[name]),
    packageManager: packageManagerOf(tree),
  };
}

/** The file extension of the app's relative imports. */
function suffixOf(text, manifest) {
  const [path] = text.match(/from '\.[^']+'/) ?? [];
  if (path) return path.endsWith(".js'") ? '.js' : '';
  return manifest.type === 'module' ? '.js' : '';
}

function packageManagerOf(tree) {
  const locks = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun', 'bun.lockb': 'bun' };
  return Object.entries(locks).find(([file]) => tree.exists(file))?.[1] ?? 'npm';
}

/** @throws {Error} for a file that writing would damage, because it is not UTF-8 */
function textOf(tree, path) {
  if (!tree.exists(path)) return undefined;
  const bytes = tree.read(path);
  const text = bytes.toString('utf8');
  if (text.includes('\0') || !Buffer.from(text).equals(bytes))
    throw refusal(`${path} is not UTF-8. Save it as UTF-8, and run this again. Nothing was changed.`);
  return text;
}

/** The CLI prints the stack of an error. The developer needs only the message, so it is also the stack. */
function refusal(message) {
  return Object.assign(new Error(message), { stack: message });
}

module.exports = { readApp, refusal, textOf };
