import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.js';

const DIALECTS = ['pg', 'mysql', 'sqlite'];

export default defineConfig({
  ...library,
  entry: Object.fromEntries(DIALECTS.map((name) => [name, `src/${name}/index.ts`])),
});
