import ldap from 'ldapjs';

export const BASE = 'ou=people,dc=example,dc=org';

interface Person {
  readonly password: string;
  readonly entryUUID?: string;
  readonly mail?: string;
}

/** A directory on 127.0.0.1. Like many real ones, it accepts an empty password, as an unauthenticated bind. */
export async function testDirectory(people: Readonly<Record<string, Person>>) {
  const server = ldap.createServer();
  const state = {
    url: '',
    /** The names that were used to log in. */
    binds: [] as string[],
    /** The answer that replaces the normal one. */
    failure: undefined as Error | undefined,
  };
  server.bind(BASE, (request, response, next) => {
    const dn = String(request.dn);
    state.binds.push(dn);
    if (state.failure) return next(state.failure);
    if (request.credentials !== '' && people[dn]?.password !== request.credentials)
      return next(new ldap.InvalidCredentialsError());
    response.end();
    next();
  });
  server.search(BASE, (request, response, next) => {
    const dn = String(request.dn);
    const person = people[dn];
    if (!person) return next(new ldap.NoSuchObjectError());
    const { password: _, ...attributes } = person;
    // Otherwise it does not find attributes with a capital in their names.
    response.attributes = ['*'];
    response.send({ dn, attributes });
    response.end();
    next();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `ldap://127.0.0.1:${server.port}`;
  return Object.assign(state, { close: () => new Promise<void>((resolve) => server.close(resolve)) });
}

export type TestDirectory = Awaited<ReturnType<typeof testDirectory>>;
