import { readFileSync, writeFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

/** Since version 12 these are ESM only, which jest cannot require before Node 24.9: the CommonJS build contains them. */
const CONTAINED = ['@nestjs/jwt', '@nestjs/passport'];

const onlyInCommonJs: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'only-in-commonjs',
  setup(build) {
    if (build.initialOptions.format === 'cjs') return;
    build.onResolve({ filter: /^@nestjs\// }, ({ path }) => ({ path, external: true }));
  },
};

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    adapter: 'src/adapter/index.ts',
    argon2: 'src/hashers/argon2-hasher.ts',
    openapi: 'src/openapi/index.ts',
    testing: 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // Subpath entries reach the root through its own name, so each format holds every class exactly once.
  external: ['@acme/nest-auth'],
  noExternal: CONTAINED,
  esbuildPlugins: [onlyInCommonJs],
  splitting: false,
  esbuildOptions(options, { format }) {
    if (format !== 'cjs') return;
    // Jest cannot import() from CommonJS.
    options.supported = { ...options.supported, 'dynamic-import': false };
    // CommonJS does not read it (bcrypt-threads.ts).
    options.logOverride = { ...options.logOverride, 'empty-import-meta': 'silent' };
  },
  sourcemap: true,
  clean: true,
  dts: {
    // tsup hands the declaration build a baseUrl, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
  async onSuccess() {
    const licences = CONTAINED.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`);
    writeFileSync('dist/third-party-licenses.txt', licences.join('\n\n'));
  },
});
