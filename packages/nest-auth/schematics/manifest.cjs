// Adds to an app's package.json: missing packages, and scripts with unused names.

/** The script that the CLI of Nest 11 writes. */
const JEST = 'jest --config ./test/jest-e2e.json';
/** The script that the CLI of Nest 12 writes. */
const JEST_WITH_MODULES =
  'node --experimental-vm-modules ./node_modules/jest/bin/jest.js --config ./test/jest-e2e.json';

/** Versions that were tested together, for the app's choices. `nest` is the major version of Nest. */
function packagesOf({ orm, nest, version }) {
  const ofNest11 = nest < 12;
  const own = `^${version}`;
  const dependencies = { '@acme/nest-auth': own, '@nestjs/config': ofNest11 ? '^4.0.0' : '^12.0.0' };
  const devDependencies = { '@nestjs/testing': `^${nest}.0.0`, supertest: '^7.0.0', '@types/supertest': '^7.0.0' };
  const chosen = choicesOf(own, ofNest11)[orm];
  return {
    dependencies: { ...dependencies, ...chosen.dependencies },
    devDependencies: { ...devDependencies, ...chosen.devDependencies },
    scripts: chosen.scripts ?? {},
    // Prisma's client imports modules while it runs, which jest allows only with a flag.
    replaced: orm === 'prisma' ? { 'test:e2e': [JEST, JEST_WITH_MODULES] } : {},
  };
}

/** The further packages and scripts of each ORM. */
function choicesOf(own, ofNest11) {
  const pg = { pg: '^8.16.0' };
  return {
    none: {},
    typeorm: {
      dependencies: {
        '@acme/nest-auth-typeorm': own,
        '@nestjs/typeorm': ofNest11 ? '^11.0.0' : '^12.0.0',
        typeorm: '^1.1.0',
        ...pg,
      },
    },
    prisma: {
      dependencies: {
        '@acme/nest-auth-prisma': own,
        '@prisma/adapter-pg': '^7.10.0',
        '@prisma/client': '^7.10.0',
      },
      devDependencies: { prisma: '^7.10.0' },
      scripts: { postinstall: 'prisma generate', 'pretest:e2e': 'prisma migrate deploy' },
    },
    drizzle: {
      dependencies: { '@acme/nest-auth-drizzle': own, 'drizzle-orm': '^0.45.4', ...pg },
      devDependencies: { '@types/pg': '^8.15.0', 'drizzle-kit': '^0.31.11' },
      scripts: { 'pretest:e2e': 'drizzle-kit migrate' },
    },
  };
}

/**
 * Adds what is missing, and changes nothing else.
 * @returns the new text, the packages that were added, and the scripts whose names are taken
 */
function withPackages(text, { dependencies, devDependencies, scripts, replaced }) {
  const manifest = JSON.parse(text);
  const known = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
  const lacking = (wanted) => Object.entries(wanted).filter(([name]) => !(name in known));
  const added = [...lacking(dependencies), ...lacking(devDependencies)].map(([name]) => name);
  const taken = Object.entries(scripts).filter(([name, script]) => (manifest.scripts?.[name] ?? script) !== script);
  const free = Object.entries(scripts).filter(([name]) => !manifest.scripts?.[name]);
  const outdated = Object.entries(replaced).filter(([name, [old]]) => manifest.scripts?.[name] === old);
  if (added.length + free.length + outdated.length === 0) return { text, added, taken };

  extend(manifest, 'dependencies', lacking(dependencies));
  extend(manifest, 'devDependencies', lacking(devDependencies));
  if (free.length > 0) manifest.scripts = { ...manifest.scripts, ...Object.fromEntries(free) };
  for (const [name, [, script]] of outdated) manifest.scripts[name] = script;
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  const edited = JSON.stringify(manifest, null, indent) + (text.endsWith('\n') ? '\n' : '');
  return { text: text.includes('\r\n') ? edited.replaceAll('\n', '\r\n') : edited, added, taken };
}

/** Sorts the names as npm does. */
function extend(manifest, key, entries) {
  if (entries.length === 0) return;
  const all = [...Object.entries(manifest[key] ?? {}), ...entries];
  manifest[key] = Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
}

module.exports = { packagesOf, withPackages };
