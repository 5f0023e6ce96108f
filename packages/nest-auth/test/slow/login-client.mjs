// Sends requests from a process of its own, so that client and server do not share an event loop.
// Input and output are JSON messages of child_process.
import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 1000 });

function send({ url, method = 'POST', body }) {
  return new Promise((resolve) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) };
    const started = process.hrtime.bigint();
    const request = http.request(url, { method, agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const ms = Number(process.hrtime.bigint() - started) / 1e6;
        const { date: _, ...rest } = response.headers;
        resolve({ status: response.statusCode, headers: rest, text: Buffer.concat(chunks).toString(), ms });
      });
    });
    request.on('error', (error) => resolve({ status: 0, headers: {}, text: error.message, ms: 0 }));
    request.end(payload);
  });
}

async function oneByOne(requests) {
  const answers = [];
  for (const request of requests) answers.push(await send(request));
  return answers;
}

let stop = false;

/** Asks every 5 ms, whether or not the last answer came, and collects the answers until it is told to stop. */
async function probe(request) {
  const pending = [];
  while (!stop) {
    pending.push(send(request));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return Promise.all(pending);
}

process.on('message', async ({ kind, requests }) => {
  if (kind === 'stop') {
    stop = true;
    return;
  }
  const answers =
    kind === 'parallel' ? Promise.all(requests.map(send)) : kind === 'probe' ? probe(requests[0]) : oneByOne(requests);
  process.send(await answers);
});
