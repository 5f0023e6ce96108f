import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import WebSocket from 'ws';
import type { Outcome } from './stories.js';

const timeout = () => AbortSignal.timeout(5_000);

/** A socket.io client that is connected. @throws Error whose message is the code of the refusal */
export async function ioClient(
  url: string,
  token?: string,
  headers?: Record<string, string>,
  parameters: object = {},
  transports = ['websocket'],
): Promise<Socket> {
  const auth = { ...parameters, ...(token === undefined ? {} : { token }) };
  const client = io(url, {
    auth,
    transports,
    reconnection: false,
    forceNew: true,
    extraHeaders: headers ?? {},
  });
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('connect_error', (error) => {
      client.close();
      const { data } = error as Error & { data?: { code?: string } };
      reject(new Error(data?.code ?? error.message));
    });
  });
}

/** Sends one message and waits for its answer, or for the refusal. */
export async function ioCall(client: Socket, message: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    client.once('exception', ({ code }: { code: string }) => resolve({ code }));
    client
      .timeout(5_000)
      .emit(message, {}, (error: Error | null, answer: Outcome) => (error ? reject(error) : resolve(answer)));
  });
}

/** A client of ws that is connected. @throws Error whose message is the code of the refusal */
export async function wsClient(
  url: string,
  token?: string,
  further: Readonly<Record<string, string>> = {},
): Promise<WebSocket> {
  const headers = { ...further, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const client = new WebSocket(url, { headers });
  return new Promise((resolve, reject) => {
    client.once('open', () => resolve(client));
    client.once('error', reject);
    client.once('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const isOurs = response.headers['content-type']?.startsWith('application/json');
      reject(new Error(isOurs ? (JSON.parse(body) as { code: string }).code : body));
    });
  });
}

export async function wsCall(client: WebSocket, message: string): Promise<Outcome> {
  const answered = once(client, 'message', { signal: timeout() });
  client.send(JSON.stringify({ event: message, data: {} }));
  const [data] = await answered;
  const answer = JSON.parse(String(data)) as Outcome & { event?: string; data?: { code: string } };
  return answer.event === 'exception' ? { code: answer.data?.code ?? 'none' } : answer;
}
