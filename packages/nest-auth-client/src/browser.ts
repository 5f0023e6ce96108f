/** Web Locks. Of everything that tabs share, only locks have an order. */
export interface Locks {
  request<T>(
    name: string,
    options: { readonly mode?: 'shared'; readonly signal?: AbortSignal },
    work: () => Promise<T>,
  ): Promise<T>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

/** Globals of browsers. Some browsers lack some of them, and a server lacks most. */
export interface Browser {
  readonly location?: { readonly href: string };
  readonly BroadcastChannel?: unknown;
  readonly navigator?: { readonly locks?: Locks };
}
