import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const ARTEFACTS = fileURLToPath(new URL('../artefacts', import.meta.url));
const SCHEMES = ['light', 'dark'] as const;
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/**
 * Takes pictures of a view on a phone and on a desktop, light and dark.
 * @returns the violations that axe finds, and whether the page is wider than the screen
 */
export async function inspect(page: Page, name: string): Promise<string[]> {
  mkdirSync(ARTEFACTS, { recursive: true });
  const found: string[] = [];
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const [device, size] of Object.entries(SIZES)) {
      await page.setViewportSize(size);
      const at = `${name}-${device}-${scheme}`;
      await page.screenshot({ path: join(ARTEFACTS, `${at}.png`) });
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) found.push(`${at}: too wide`);
      found.push(...(await violations(page)).map((violation) => `${at}: ${violation}`));
    }
  }
  return found;
}

async function violations(page: Page): Promise<string[]> {
  // It is not added as a script of the page, because the page's policy would refuse it.
  const report = await page.evaluate(`${axe.source}\naxe.run(document).then(({ violations }) => violations)`);
  return (report as axe.Result[]).map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join(' ')}`);
}
