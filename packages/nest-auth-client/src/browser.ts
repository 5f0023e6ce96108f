/** Web Locks: of all that tabs share, they alone are in order. */
export interface Locks {
  request<T>(
    name: string,
    options: { readonly mode?: 'shared'; readonly signal?: AbortSignal },
    work: () => Promise<T>,
  ): Promise<T>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

/** What only a browser has, and not each of them all of it. */
export interface Browser {
  readonly location?: { readonly href: string };
  readonly BroadcastChannel?: unknown;
  readonly navigator?: { readonly locks?: Locks };
}
