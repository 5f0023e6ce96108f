import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { bundlePage } from './page-bundle.js';

/** The files of the page that a browser loads. */
export interface PageFiles {
  readonly html: string;
  readonly script: string;
  readonly styles: string;
  readonly icon: string;
}
export const PageFiles = Symbol('PageFiles');

/**
 * The files that the build put beside the app. If the app runs from sources, they are built now.
 * @param acmeId the address where a login by Acme ID begins, which the page reads from its head; null if Acme ID is off
 */
export async function pageFiles(acmeId: string | null): Promise<PageFiles> {
  const built = new URL('./page/', import.meta.url);
  const sources = new URL('../../page/', import.meta.url);
  const files = await (existsSync(built) ? filesIn(built) : filesIn(sources, await bundlePage(sources)));
  if (acmeId === null) return files;
  return { ...files, html: files.html.replace('</head>', `  <meta name="acme-id" content="${acmeId}">\n  </head>`) };
}

async function filesIn(folder: URL, made = new Map<string, string>()): Promise<PageFiles> {
  const file = (name: string) => made.get(name) ?? readFile(new URL(name, folder), 'utf8');
  const [html, icon] = await Promise.all([file('index.html'), file('icon.svg')]);
  return { html, icon, script: await file('page.js'), styles: await file('styles.css') };
}
