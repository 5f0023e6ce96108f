import type { Listener, ListenerEvents } from './clients/redis-connection.js';

/** How long to wait, in milliseconds, before a new attempt when the client library has given up. */
const RETRY = 1000;

/**
 * Listens on a channel until it is stopped, over any number of connections. `onLost` is called when a connection breaks
 * and again when the next one listens: messages in between were missed.
 *
 * @throws the error of the first attempt; then no connection stays open
 * @returns a function that stops it
 */
export async function watchChannel(
  listen: (channel: string, events: ListenerEvents) => Listener,
  channel: string,
  onMessage: (text: string) => void,
  onLost: () => void,
): Promise<() => Promise<void>> {
  let state: 'starting' | 'up' | 'down' | 'stopped' = 'starting';
  let retry: NodeJS.Timeout | undefined;
  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  const started = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const down = (error: unknown) => {
    settle.reject(error);
    if (state !== 'up') return;
    state = 'down';
    onLost();
  };
  const listener = listen(channel, {
    message: (text) => {
      if (state !== 'stopped') onMessage(text);
    },
    up: () => {
      if (state === 'stopped') return;
      settle.resolve();
      const isFirst = state === 'starting';
      state = 'up';
      if (!isFirst) onLost();
    },
    down,
    end: (error) => {
      down(error);
      if (state === 'down') retry = setTimeout(() => listener.connect(), RETRY);
    },
  });
  const stop = async () => {
    if (state === 'stopped') return;
    state = 'stopped';
    clearTimeout(retry);
    await listener.close();
  };
  listener.connect();
  try {
    await started;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
