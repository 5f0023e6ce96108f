export type SessionEndListener = (reason: string) => void;

export interface SessionEvents {
  begin(): void;
  /** The server knows the user, so a page that was just loaded has a session. */
  live(): void;
  end(reason: string): void;
  /** @returns a function that unsubscribes */
  on(listener: SessionEndListener): () => void;
}

/** Reports the end of a session once here, and once in each tab with this name. @param name empty for no other tab */
export function sessionEvents(name: string): SessionEvents {
  const listeners = new Set<SessionEndListener>();
  /** Whether there is a session; undefined until a request of this page shows it. */
  let alive: boolean | undefined;
  let channel: InstanceType<typeof BroadcastChannel> | undefined;

  const hear = (reason?: string) => {
    if (reason && alive !== false) for (const listener of listeners) queueMicrotask(() => listener(reason));
    alive = !reason;
  };
  /** Called for the first listener or event, so that an unused client keeps nothing open. */
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
