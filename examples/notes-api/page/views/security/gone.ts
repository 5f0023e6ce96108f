import { type AuthClient, AuthClientError } from '@acme/nest-auth-client';

/** Deletes something. Another tab may have done so before. */
export async function gone(client: AuthClient, path: string, id: string): Promise<void> {
  await client.call('DELETE', `${path}/${encodeURIComponent(id)}`).catch((error: unknown) => {
    if (!(error instanceof AuthClientError && error.status === 404)) throw error;
  });
}
