export const PASSWORD = 'a fine long passphrase';
export const CREDENTIALS = { email: 'ann@example.org', password: PASSWORD };
