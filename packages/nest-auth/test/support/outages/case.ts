import type { Response, Test } from 'supertest';
import { type Outages, somebody } from './world.js';

/** One request, which may be sent again. */
export type Send = () => Test;

/** A request to one route. */
export interface Case {
  readonly route: string;
  readonly what?: string;
  /** Prepares all that the request needs, for a user of its own. */
  readonly made: (world: Outages) => Promise<Send>;
  /** What cannot be taken back: if a later call fails, the same request is answered so the next time. */
  readonly done?: readonly [call: string, again: string];
  /** Calls that may fail unnoticed. */
  readonly unnoticed?: readonly string[];
}

export const post =
  ({ http }: Outages, path: string, body: object) =>
  () =>
    http.post(`/auth/${path}`).send(body);

/** A route that needs nothing but a user. */
export const ofUser = (route: string, path: string, body?: object): Case => ({
  route,
  made: async (world) => {
    const { as } = await somebody(world);
    const [method] = route.split(' ') as [string];
    return () => (method === 'GET' ? as.get(path) : as.post(path).send(body));
  },
});

/** What became of a request. */
export function outcome({ status, body, headers }: Response): string {
  const { hash = '' } = headers.location ? new URL(headers.location) : {};
  const [name = '', value = ''] = hash.slice(1).split('=');
  return [status, body?.code, name === 'error' ? `#error=${value}` : name && `#${name}`].filter(Boolean).join(' ');
}
