/** The parts of ldapjs that the directory of these tests uses; the package has no types. */
declare module 'ldapjs' {
  interface Request {
    readonly dn: { toString(): string };
    readonly credentials: string;
  }
  interface Response {
    /** The attributes of an entry that are sent. */
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
