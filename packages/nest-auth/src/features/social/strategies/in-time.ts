import { AuthError } from '@acme/nest-auth';

/**
 * Waits for the result of the work, for a limited time.
 * @param seconds that it may take
 * @throws AuthError its own, or `provider_failed` if it fails or takes longer
 */
export async function inTime<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('The strategy or the provider never answered.')), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw error instanceof AuthError ? error : new AuthError('provider_failed', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
