export type SessionEndListener = (reason: string) => void;

export interface SessionEvents {
  begin(): void;
  /** The server knows the user: a page that was just loaded has a session. */
  live(): void;
  end(reason: string): void;
  /** @returns what unsubscribes */
  on(listener: SessionEndListener): () => void;
}

/** Tells the end of a session once here, and once in each tab that has the name. @param name empty for no other tab */
export function sessionEvents(name: string): SessionEvents {
  const listeners = new Set<SessionEndListener>();
  /** Undefined: no request of this page has told yet. */
  let alive: boolean | undefined;
  let channel: InstanceType<typeof BroadcastChannel> | undefined;

  const hear = (reason?: string) => {
    if (reason && alive !== false) for (const listener of listeners) queueMicrotask(() => listener(reason));
    alive = !reason;
  };
  /** Opened by the first who listens or tells: a client that is only made holds nothing open. */
  const open = () => {
    if (!name || channel) return;
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }: { data: string }) => hear(data);
  };
  const tell = (reason = '') => {
    open();
    channel?.postMessage(reason);
    hear(reason);
  };

  return {
    begin: tell,
    live: () => {
      alive ??= true;
    },
    // A visitor who never logged in has no session that could end.
    end: (reason) => {
      if (alive || reason !== 'missing_token') tell(reason);
    },
    on: (listener) => {
      open();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
