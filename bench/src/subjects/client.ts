// A client that sends requests at a fixed rate, even if the last answer is missing: a delay does not hide another one.
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { offer } from '../harness/subject.js';

interface Call {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: object;
}

interface Answer {
  readonly status: number;
  /** In milliseconds. */
  readonly took: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1000 });

function send({ port, method, path, headers, body }: Call): Promise<Answer> {
  const payload = body && JSON.stringify(body);
  const length = payload && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const sent = request(
      { host: '127.0.0.1', port, method, path, agent, headers: { ...headers, ...length } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, took: performance.now() - started }));
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

offer(() => ({
  /** Sends requests at this interval for this time, and waits for the missing answers. */
  send: async (call: Call, every: number, ms: number): Promise<Answer[]> => {
    const pending: Promise<Answer>[] = [];
    await new Promise<void>((resolve) => {
      const started = performance.now();
      const timer = setInterval(() => {
        const due = (performance.now() - started) / every;
        while (pending.length < due) pending.push(send(call));
        if (performance.now() - started < ms) return;
        clearInterval(timer);
        resolve();
      }, every);
    });
    return Promise.all(pending);
  },
}));
