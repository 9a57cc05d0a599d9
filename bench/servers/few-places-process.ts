import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { patternBytes } from '../../test/support/pattern.ts';
import { listenAndSay } from './server-process.ts';

// node few-places-process.ts PLACES DELAY_MS SIZE: gives `/0000.bin`, `/0001.bin`, … so long after they were asked for,
// so many at a time, and 503 beyond. Prints its port; ends with its standard input.

const [places = 1, delayMs = 0, sizeBytes = 0] = process.argv.slice(2).map(Number);
let atWork = 0;

const server = createServer(async (request, response) => {
  const head = { 'content-type': 'application/octet-stream', 'content-length': sizeBytes, etag: '"1"' };
  if (request.method === 'HEAD') {
    response.writeHead(200, head).end();
    return;
  }
  if (atWork >= places) {
    response.writeHead(503).end();
    return;
  }
  atWork += 1;
  await sleep(delayMs);
  const number = Number(/\d+/.exec(request.url ?? '')?.[0] ?? 0);
  response.writeHead(200, head).end(Buffer.alloc(sizeBytes, patternBytes(number, 64)));
  atWork -= 1;
});
await listenAndSay(server);
