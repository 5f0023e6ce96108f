import { readFileSync, writeFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import { library } from '../../tsup.base.js';

/** Since version 12 these are ESM only, which jest cannot require before Node 24.9: the CommonJS build contains them. */
const CONTAINED = ['@nestjs/jwt', '@nestjs/passport'];

const onlyInCommonJs: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'only-in-commonjs',
  setup(build) {
    if (build.initialOptions.format === 'cjs') return;
    build.onResolve({ filter: /^@nestjs\// }, ({ path }) => ({ path, external: true }));
  },
};

const DOC = /\bdoc:\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"),?/g;

/** The reference is made from the sources, so an app does not need the texts of the options. */
const withoutDocs: NonNullable<Options['plugins']>[number] = {
  name: 'without-docs',
  renderChunk: (code, { map }) => ({ code: code.replace(DOC, ''), ...(map ? { map } : {}) }),
};

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };

export default defineConfig({
  ...library,
  entry: {
    index: 'src/index.ts',
    adapter: 'src/adapter/index.ts',
    'api-keys': 'src/features/api-keys/index.ts',
    argon2: 'src/hashers/argon2-hasher.ts',
    'audit-log': 'src/features/audit-log/index.ts',
    'breached-passwords': 'src/features/breached-passwords/index.ts',
    cli: 'src/cli/index.ts',
    'email-verification': 'src/features/email-verification/index.ts',
    inspector: 'src/features/inspector/index.ts',
    'magic-link': 'src/features/magic-link/index.ts',
    nodemailer: 'src/mailers/nodemailer-mailer.ts',
    notices: 'src/features/notices/index.ts',
    openapi: 'src/openapi/index.ts',
    'old-tokens': 'src/features/old-tokens/index.ts',
    'password-reset': 'src/features/password-reset/index.ts',
    social: 'src/features/social/index.ts',
    telemetry: 'src/features/telemetry/index.ts',
    testing: 'src/testing/index.ts',
  },
  dts: {
    // Its own subpaths are read from the sources: there is no build yet.
    compilerOptions: { ignoreDeprecations: '6.0', baseUrl: '../..' },
  },
  define: { NEST_AUTH_VERSION: JSON.stringify(version) },
  noExternal: CONTAINED,
  esbuildPlugins: [onlyInCommonJs],
  plugins: [withoutDocs],
  esbuildOptions(options, { format }) {
    if (format !== 'cjs') return;
    // Jest cannot import() from CommonJS.
    options.supported = { ...options.supported, 'dynamic-import': false };
    // The CommonJS build does not read `import.meta` (bcrypt-threads.ts).
    options.logOverride = { ...options.logOverride, 'empty-import-meta': 'silent' };
  },
  async onSuccess() {
    const licences = CONTAINED.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`);
    writeFileSync('dist/third-party-licenses.txt', licences.join('\n\n'));
  },
});
