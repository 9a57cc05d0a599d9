import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aboutMessage } from '../../../lib/aws/messages/about.ts';
import { ENV } from '../../../lib/aws/names.ts';
import { VERSION } from '../../../lib/values/version.ts';
import { startAwsDoubles } from '../aws-doubles.ts';
import { openAwsFunctions } from '../aws-functions.ts';
import type { Released, StoredRecord } from './kinds.ts';
import { kindOf, MESSAGE_QUEUES, RECORD_PATHS } from './kinds.ts';
import { playAll } from './play.ts';

// By hand, before a release: node test/support/released/write-released.ts
// Lets the functions' own code write every kind of record and message, on doubles of AWS, and keeps one of each in
// test/fixtures/<version>.json, for ever: test/integration/released.test.ts reads them with the code of the day.

await using things = new AsyncDisposableStack();
const aws = things.use(await startAwsDoubles());
const { origin, services } = aws;
const variables = {
  ...aws.variables(),
  [ENV.quotas]: JSON.stringify({ open: 100, bytesPerDay: 1e12 }),
};
Object.assign(process.env, variables);
process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
const realNow = Date.now;
let skippedMs = 0;
Date.now = () => realNow() + skippedMs;

const functions = await openAwsFunctions(services);
const messages: Record<string, unknown> = {};
const deliver = services.onMessage;
services.onMessage = (message) => {
  const body = JSON.parse(message.body) as { kind: string };
  keepLongest(messages, body.kind, body, subjectOf);
  deliver(message);
};
await playAll({
  functions,
  origin,
  variables,
  skip(ms) {
    skippedMs += ms;
  },
});
// A dead letter is its task, as it was sent; these two are made of it where it is read.
messages['dead'] = { kind: 'dead', v: 1, task: messages['piece'] };
messages['dead-shard'] = { kind: 'dead-shard', v: 1, task: messages['shard'] };

const records: Record<string, StoredRecord> = {};
for (const { action, path: asked, text } of services.requests) {
  const [path = ''] = asked.replace(/^\/records\//, '').split('?');
  const kind = action === 'PUT' && asked.startsWith('/records/') ? kindOf(decodeURIComponent(path)) : undefined;
  if (kind === undefined) continue;
  const body: unknown = JSON.parse(text.slice(text.indexOf('\n') + 1));
  const { status } = Object((body as { value?: unknown }).value) as { status?: string };
  const name = (kind === 'transfer' || kind === 'batch') && status !== undefined ? `${kind} ${status}` : kind;
  keepLongest(records, name, { path, body }, (record) => record.path);
}
const missing = [
  ...Object.keys(MESSAGE_QUEUES).filter((kind) => !(kind in messages)),
  ...Object.keys(RECORD_PATHS).filter((kind) => !Object.keys(records).some((name) => name.split(' ')[0] === kind)),
];
if (missing.length > 0) throw new Error(`nothing was written of ${missing.join(', ')}`);
const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'released');
await mkdir(folder, { recursive: true });
const released: Released = { version: VERSION, messages, records };
await writeFile(join(folder, `${VERSION}.json`), `${JSON.stringify(released, null, 2)}\n`);
process.stdout.write(
  `${VERSION}.json: ${Object.keys(messages).length} messages, ${Object.keys(records).length} records\n`,
);
process.exit();

/** Of the first transfer or batch, so that they belong together; of its own the one with the most in it. */
function keepLongest<T>(all: Record<string, T>, name: string, one: T, aboutOf: (one: T) => string): void {
  const there = all[name];
  const isMore = JSON.stringify(one).length > JSON.stringify(there ?? '').length;
  if (there === undefined || (aboutOf(one) === aboutOf(there) && isMore)) all[name] = one;
}

function subjectOf(message: unknown): string {
  const { transferId = '', batchId = '' } = aboutMessage(message);
  return transferId + batchId;
}
