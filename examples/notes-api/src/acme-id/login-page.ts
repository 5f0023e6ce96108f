import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(100% - 2rem, 22rem); margin: 2.5rem auto; }
form { display: grid; gap: 0.5rem; }
label { font-weight: 600; }
input, button { box-sizing: border-box; min-height: 2.75rem; padding: 0.375rem 0.75rem; font: inherit; }
`;
const DIGEST = createHash('sha256').update(STYLE).digest('base64');

/** @param app the origin to which a form may redirect, besides this one */
export function headersOf(app: string): Readonly<Record<string, string>> {
  const { origin } = new URL(app);
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${DIGEST}'; form-action 'self' ${origin}; base-uri 'none'; frame-ancestors 'none'`,
    'Cache-Control': 'no-store',
  };
}

/** Asks for an address. It never contains what somebody typed. */
export const LOGIN_PAGE = pageWith(`
<p>This stand-in for development takes your word: any address logs in, and counts as verified.</p>
<form method="post">
  <label for="email">E-mail address</label>
  <input id="email" name="email" type="email" autocomplete="email" required>
  <button>Log in</button>
  <button name="cancel" value="yes" formnovalidate>Cancel</button>
</form>`);

/** For a login that is over, or that was never begun. */
export const DEAD_END = pageWith('<p>This login is over. Go back to the app, and begin again.</p>');

function pageWith(content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acme ID</title>
<style>${STYLE}</style>
</head>
<body><main><h1>Acme ID</h1>${content}</main></body>
</html>`;
}
