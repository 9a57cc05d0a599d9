import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { listenAndSay } from './server-process.ts';

// node limited-relay-process.ts PORT BYTES_PER_SECOND [SLOW_EVERY]: passes connections on to the port, and gives each
// of them so many bytes a second of what comes back; a hundredth of that to every SLOW_EVERYth, the half of it first.
// Prints its own port; ends with its standard input.

const [toPort, bytesPerSecond, slowEvery] = process.argv.slice(2).map(Number);
if (toPort === undefined || bytesPerSecond === undefined) throw new Error('PORT and BYTES_PER_SECOND, please');
let connections = 0;

function nextBytesPerMs(fastBytesPerSecond: number): number {
  connections += 1;
  const isSlow = slowEvery !== undefined && connections % slowEvery === Math.floor(slowEvery / 2);
  return fastBytesPerSecond / (isSlow ? 100 : 1) / 1000;
}

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: Number(toPort), host: '127.0.0.1', noDelay: true });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => one.destroy());
    one.on('close', () => other.destroy());
  }
  client.pipe(upstream);
  passSlowly(upstream, client, nextBytesPerMs(bytesPerSecond));
});
await listenAndSay(server);

/** What was not sent in time is not made up for later: a quiet connection saves nothing. */
function passSlowly(from: Socket, to: Socket, perMs: number): void {
  let freeAt = performance.now();
  from.on('data', (chunk) => {
    const now = performance.now();
    freeAt = Math.max(freeAt, now - 1) + chunk.length / perMs;
    const isTaken = to.write(chunk);
    const waitMs = freeAt - now;
    if (waitMs < 1 && isTaken) return;
    from.pause();
    const goOn = () => setTimeout(() => from.resume(), Math.max(0, freeAt - performance.now()));
    if (isTaken) goOn();
    else to.once('drain', goOn);
  });
  from.on('end', () => to.end());
}
