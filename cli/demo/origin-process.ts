import type { DemoOriginOptions } from './origin.ts';
import { startDemoOrigin } from './origin.ts';
import { seededSha256 } from './seeded-bytes.ts';

/** What the origin sends the demo over the channel between them. */
export type OriginMessage =
  | { readonly type: 'ready'; readonly url: string; readonly sha256: string }
  | { readonly type: 'sent'; readonly bytes: number };

// A process of its own, so that its work is not measured as ours, and a killed copy leaves it standing.
// A Ctrl-C of the terminal reaches it as well; it ends when the demo does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());

const options = JSON.parse(process.argv[2] ?? '') as DemoOriginOptions;
void startDemoOrigin(options).then((origin) => {
  send({ type: 'ready', url: origin.url, sha256: seededSha256(options.seed, options.sizeBytes) });
  setInterval(() => send({ type: 'sent', bytes: origin.bytesSent() }), 50);
});

function send(message: OriginMessage): void {
  if (process.connected) process.send?.(message);
}
