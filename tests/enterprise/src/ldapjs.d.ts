/** What the directory of these tests uses of it; it has no types of its own. */
declare module 'ldapjs' {
  interface Request {
    readonly dn: { toString(): string };
    readonly credentials: string;
  }
  interface Response {
    /** Which of an entry are sent. */
    attributes: string[];
    send(entry: { readonly dn: string; readonly attributes: object }): void;
    end(): void;
  }
  type Handler = (request: Request, response: Response, next: (error?: Error) => void) => void;
  interface Server {
    readonly port: number;
    bind(base: string, handler: Handler): void;
    search(base: string, handler: Handler): void;
    listen(port: number, host: string, ready: () => void): void;
    close(done?: () => void): void;
  }
  interface Ldap {
    createServer(): Server;
    readonly InvalidCredentialsError: new () => Error;
    readonly NoSuchObjectError: new () => Error;
    readonly BusyError: new () => Error;
    readonly UnavailableError: new () => Error;
  }
  const ldap: Ldap;
  export default ldap;
}
