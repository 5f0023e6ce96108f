// Sends requests from a process of its own, so that client and server do not share an event loop.
// Input and output are JSON messages of child_process.
import http from 'node:http';

// Node's server ends a connection that was idle for 5 s. A request on its way at that moment gets no answer, so an idle
// connection is closed before that.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1000, timeout: 2000 });
/** Replaces the status if there was no answer. */
const HUNG_UP = 0;

function send({ url, method = 'POST', body, from, hangUpAfter }) {
  return new Promise((resolve) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = from === undefined ? {} : { 'X-Forwarded-For': from };
    if (payload !== undefined) {
      headers['Content-Type'] = 'application/json';
      headers['Content-Length'] = Buffer.byteLength(payload);
    }
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
    const lost = (text) => resolve({ status: HUNG_UP, headers: {}, text, ms: 0 });
    request.on('error', (error) => lost(error.message));
    // A request that is destroyed during its answer reports nothing else.
    request.on('close', () => lost('closed'));
    request.end(payload);
    if (hangUpAfter !== undefined) setTimeout(() => request.destroy(), hangUpAfter);
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
    await sleep(5);
  }
  return Promise.all(pending);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends request after request on each of some connections until it is told to stop, and counts the answers by status.
 * It waits after each refusal and each closed connection: it must fill the queue, but not take processor time from the
 * server.
 */
async function flood(requests, connections) {
  const counts = {};
  let next = 0;
  const loop = async () => {
    while (!stop) {
      const { status } = await send(requests[next++ % requests.length]);
      counts[status] = (counts[status] ?? 0) + 1;
      if (status === HUNG_UP || status >= 429) await sleep(100);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return counts;
}

/** Sends one request a second, or fewer if an answer takes longer. */
async function paced(requests) {
  const answers = [];
  for (const request of requests) {
    const [answer] = await Promise.all([send(request), sleep(1000)]);
    answers.push(answer);
  }
  return answers;
}

const KINDS = {
  parallel: (requests) => Promise.all(requests.map(send)),
  'one by one': oneByOne,
  probe: ([request]) => probe(request),
  flood,
  paced,
};

process.on('message', async ({ kind, requests, connections }) => {
  if (kind === 'stop') {
    stop = true;
    return;
  }
  stop = false;
  process.send(await KINDS[kind](requests, connections));
});
// The test is over, perhaps in the middle of a flood.
process.on('disconnect', () => process.exit());
