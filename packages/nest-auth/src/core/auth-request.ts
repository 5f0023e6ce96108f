/** What Express and Fastify requests have in common, and all that the library reads of one. */
export interface AuthRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The peer's address as the framework sees it: only its own trusted-proxy setting decides whether a header counts. */
  /** Absent for what opens a socket. */
  readonly method?: string | undefined;
  readonly ip?: string | undefined;
  readonly body?: unknown;
  user?: unknown;
  authInfo?: unknown;
}
