import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

// node limited-relay-process.ts PORT BYTES_PER_SECOND: passes connections on to the port, and gives each of them so many
// bytes a second of what comes back. Prints its own port; ends with its standard input.

const [toPort, bytesPerSecond] = process.argv.slice(2).map(Number);
if (toPort === undefined || bytesPerSecond === undefined) throw new Error('PORT and BYTES_PER_SECOND, please');
const perMs = bytesPerSecond / 1000;

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
  passSlowly(upstream, client);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log((server.address() as AddressInfo).port);
process.stdin.resume().on('end', () => process.exit(0));

/** What was not sent in time is not made up for later: a quiet connection saves nothing. */
function passSlowly(from: Socket, to: Socket): void {
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
