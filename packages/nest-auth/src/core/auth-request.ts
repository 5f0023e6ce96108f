/** What Express and Fastify requests have in common, and everything that the library reads of them. */
export interface AuthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Absent for a request that opens a socket. */
  readonly method?: string | undefined;
  /** The peer's address as the framework sees it: only its own trusted-proxy setting decides whether a header counts. */
  readonly ip?: string | undefined;
  readonly body?: unknown;
  user?: unknown;
  authInfo?: unknown;
}
