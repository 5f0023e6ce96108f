import type { AcmeId } from './acme-id/acme-id.js';
import { dataDirectory } from './data-directory.js';
import { pageUrl } from './page/page-url.js';
import type { FirstAdmin } from './users/first-admin.js';

/** The addresses to visit, and lines to paste into a shell, all at once or one after the other. */
export function tour(url: string, admin: FirstAdmin, { standIn }: AcmeId): string {
  const { HTTP, DATABASE_URL, REDIS_URL, SMTP_URL } = process.env;
  const database = DATABASE_URL ? 'PostgreSQL' : `PGlite in ${dataDirectory()}`;
  const server = HTTP === 'fastify' ? 'Fastify' : 'Express';
  const ann = (more = '') => `'{"email":"ann@example.org","password":"a fine long passphrase"${more}}'`;
  return `
Listening on ${url} (${server}, ${database}${REDIS_URL ? ', Redis' : ''}).

Open ${pageUrl()} in a browser: a page with everything${SMTP_URL ? '' : ', whose mails appear here'}. The API is documented at ${pageUrl()}/docs.${standIn ? `\nAcme ID, for logins without a password, is a stand-in at ${standIn.client.issuer}: any address will do.` : ''}
${inspectorLine()}Or paste these lines into a shell:

URL=${url} JSON='content-type: application/json' SHOW=' -> %{http_code}\\n'
pick() { sed -n 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/p'; }

echo '--- register: 201 and tokens; 409 once Ann is there, since data survives a restart'
curl -s -w "$SHOW" $URL/auth/register -H "$JSON" -d ${ann(',"displayName":"Ann"')}
echo '--- log in: 200; another session, as if on another device'
TOKENS=$(curl -s $URL/auth/login -H "$JSON" -d ${ann()}); echo "$TOKENS"
ACCESS=$(echo "$TOKENS" | pick access_token) FIRST=$(echo "$TOKENS" | pick refresh_token)
curl -s -w "$SHOW" $URL/auth/me -H "Authorization: Bearer $ACCESS"
echo '--- notes: 401 without the token; write one, change it, list mine'
curl -s -w "$SHOW" $URL/notes
NOTE=$(curl -s $URL/notes -H "$JSON" -H "Authorization: Bearer $ACCESS" -d '{"text":"buy milk"}' | pick id)
curl -s -w "$SHOW" -X PUT $URL/notes/$NOTE -H "$JSON" -H "Authorization: Bearer $ACCESS" -d '{"text":"buy oat milk"}'
curl -s -w "$SHOW" $URL/notes -H "Authorization: Bearer $ACCESS"
echo '--- refresh: 200, and the same successor when the answer was lost and the old token comes again'
SECOND=$(curl -s $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$FIRST'"}' | pick refresh_token)
AGAIN=$(curl -s $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$FIRST'"}' | pick refresh_token)
[ -n "$SECOND" ] && [ "$AGAIN" = "$SECOND" ] && echo 'the same' || echo 'another'
echo '--- all notes: 403 for Ann'
curl -s -w "$SHOW" $URL/notes/all -H "Authorization: Bearer $ACCESS"
${adminLines(admin)}
echo '--- sessions, then log out: 204, and the access token ends with the session: 401 token_revoked'
curl -s -w "$SHOW" $URL/auth/sessions -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" -X POST $URL/auth/logout -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" $URL/auth/me -H "Authorization: Bearer $ACCESS"

Ctrl-C stops the app; ${DATABASE_URL ? 'the database keeps everything' : 'the data directory keeps everything, until you delete it'}.
`;
}

/** It answers only this machine, under a name of this machine. */
function inspectorLine(): string {
  const { NODE_ENV, PORT = '3000' } = process.env;
  return NODE_ENV === 'production'
    ? ''
    : `Who may call what, and each decision live: http://localhost:${PORT}/auth/inspector.\n`;
}

function adminLines({ email, password }: FirstAdmin): string {
  return `echo '--- all notes: 200 for the admin, to whom a note of Ann alone is 404'
${password === null ? `[ "$ADMIN_PASSWORD" ] || echo 'ADMIN_PASSWORD is not set in this shell; the first start has shown it.'` : `ADMIN_PASSWORD='${password}'`}
[ "$ADMIN_PASSWORD" ] && {
  ADMIN=$(curl -s $URL/auth/login -H "$JSON" -d '{"email":"${email}","password":"'"$ADMIN_PASSWORD"'"}' | pick access_token)
  curl -s -w "$SHOW" $URL/notes/all -H "Authorization: Bearer $ADMIN"
  curl -s -w "$SHOW" $URL/notes/$NOTE -H "Authorization: Bearer $ADMIN"
}`;
}
