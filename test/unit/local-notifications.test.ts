import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Refusal } from '../../lib/events/webhooks/post.ts';
import { MOST_TRIES } from '../../lib/events/webhooks/schedule.ts';
import type { LocalNotifications } from '../../lib/local/notifications/notifications.ts';
import { localNotifications } from '../../lib/local/notifications/notifications.ts';
import { sealer } from '../../lib/local/notifications/seal.ts';
import type { FolderRecords } from '../../lib/records/folder/records.ts';
import { folderRecords } from '../../lib/records/folder/records.ts';
import { systemClock } from '../../lib/system/clock.ts';
import type { Hooks, Webhook } from '../../lib/transfer/hooks.ts';
import { shownHooks } from '../../lib/transfer/hooks.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { accepted, NOW } from '../support/a-transfer.ts';
import { formsOf } from '../support/canary.ts';
import { filesAtRest } from '../support/files-under.ts';
import { WEBHOOK_PATH, WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

const HOOKS: Hooks = { webhook: { url: `https://hooks.example/${WEBHOOK_PATH}`, secret: WEBHOOK_SECRET } };
const REFUSAL: Refusal = { message: 'https://hooks.example/*** answered 500', isFinal: false };
const never = new AbortController().signal;

let folder: string;
let records: FolderRecords;
let now: number;
let posts: { readonly webhook: Webhook; readonly id: string; readonly body: string }[];
let answers: (Refusal | undefined)[];
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-notifications-'));
  records = folderRecords({ folder });
  [now, posts, answers, warnings] = [NOW, [], [], []];
});

afterEach(async () => {
  await records[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** As one process has them. */
function opened(usual?: Webhook, secret: (text: string) => string = (text) => text): LocalNotifications {
  return localNotifications({
    stateDir: folder,
    records: () => records,
    sealer: () => sealer(folder),
    events: {
      async emit(event: PieceworkEvent) {
        if (event.type === 'warning') warnings.push(event.message);
      },
    },
    clock: { ...systemClock, now: () => now },
    describe: () => 's3://bucket/key',
    secret,
    async post(webhook, { id, body }) {
      posts.push({ webhook, id, body });
      return answers.shift();
    },
    ...(usual === undefined ? {} : { usual }),
  });
}

const result = { sizeBytes: 3, version: 'validator', digests: {} } as const;
const reason = { code: 'SourceNotFound', message: 'nothing there' } as const;

function ended(hooks?: Hooks) {
  const open = accepted();
  const shown = hooks === undefined ? {} : { hooks: shownHooks(hooks) };
  const record = { ...open, request: { ...open.request, ...shown } };
  const completed = { type: 'completed', transferId: record.id, run: 1, result } as const;
  const failed = { type: 'failed', transferId: record.id, run: 1, reason } as const;
  return { record, completed, failed };
}

test('an end is sent once, with its event in the body, and then nothing is kept', async () => {
  const notifications = opened();
  const { record, completed } = ended(HOOKS);
  await notifications.keep(record.id, HOOKS);
  await notifications.send(completed, record);
  // Announced again, as after a crash.
  await notifications.send(completed, record);
  await notifications.deliver(0, never);
  await notifications.deliver(0, never);
  expect(posts).toHaveLength(1);
  expect(posts[0]).toMatchObject({ webhook: HOOKS.webhook, id: '01TRANSFER.1.completed' });
  expect(JSON.parse(posts[0]?.body ?? '')).toMatchObject({
    type: 'piecework.transfer.completed',
    data: {
      transferId: '01TRANSFER',
      destination: 's3://bucket/key',
      source: 'https://origin.example/file',
      ...result,
    },
  });
  expect((await filesAtRest(folder)).map((path) => path.slice(folder.length))).toEqual(['/sealing-key']);
});

test('neither the secret nor the webhook’s path lies in the folder in the open', async () => {
  const notifications = opened();
  const { record, failed } = ended(HOOKS);
  await notifications.keep(record.id, HOOKS);
  answers = [REFUSAL];
  await notifications.send(failed, record);
  await notifications.deliver(0, never);
  const files = await filesAtRest(folder);
  expect(files).toHaveLength(3);
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    for (const secret of [WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6), WEBHOOK_PATH])
      for (const form of formsOf(secret)) expect(text).not.toContain(form);
  }
  expect(warnings.join()).not.toMatch(new RegExp(`${WEBHOOK_SECRET}|${WEBHOOK_PATH}`));
});

test('what is refused is tried again when it is due, by whichever process is there then, up to the last try', async () => {
  const { record, completed } = ended(HOOKS);
  await opened().keep(record.id, HOOKS);
  await opened().send(completed, record);
  answers = Array.from({ length: MOST_TRIES }, () => REFUSAL);
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    await opened().deliver(0, never);
    await opened().deliver(0, never);
    expect(posts).toHaveLength(tries);
    now += 8 * 3_600_000;
  }
  await opened().deliver(0, never);
  expect(posts).toHaveLength(MOST_TRIES);
  expect(new Set(posts.map(({ id, body }) => id + body)).size).toBe(1);
  expect(warnings.at(-1)).toBe(
    `01TRANSFER.1.completed was not notified, and is given up after ${MOST_TRIES} tries: ${REFUSAL.message}`,
  );
  expect((await filesAtRest(folder)).map((path) => path.slice(folder.length))).toEqual(['/sealing-key']);
});

test('while one process tries, no other does; where that one was killed, another takes over', async () => {
  const { record, completed } = ended(HOOKS);
  const first = opened();
  await first.keep(record.id, HOOKS);
  await first.send(completed, record);
  const [path] = (await records.list('notifications/')).paths;
  const found = await records.get<{ tries: number; notBefore: string }>({ path: path ?? '' });
  // As a process leaves it that has begun a try.
  const leased = { ...found?.value, tries: 1, notBefore: new Date(now + 20_000).toISOString() };
  await records.put({ path: path ?? '' }, leased, found?.version ?? 'absent');
  await opened().deliver(0, never);
  expect(posts).toEqual([]);
  now += 20_000;
  await Promise.all([opened().deliver(0, never), opened().deliver(0, never)]);
  expect(posts).toHaveLength(1);
});

test('a failed transfer keeps its webhook for the next run', async () => {
  const notifications = opened();
  const { record, failed, completed } = ended(HOOKS);
  await notifications.keep(record.id, HOOKS);
  await notifications.send(failed, record);
  await notifications.deliver(0, never);
  await notifications.send({ ...completed, run: 2 }, record);
  await notifications.deliver(0, never);
  expect(posts.map(({ id }) => id)).toEqual(['01TRANSFER.1.failed', '01TRANSFER.2.completed']);
});

test('a receiver that is gone is not asked again', async () => {
  const notifications = opened();
  const { record, completed } = ended(HOOKS);
  await notifications.keep(record.id, HOOKS);
  await notifications.send(completed, record);
  answers = [{ ...REFUSAL, isFinal: true }];
  await notifications.deliver(0, never);
  now += 60_000;
  await notifications.deliver(0, never);
  expect(posts).toHaveLength(1);
  expect(warnings).toEqual([expect.stringContaining('given up after 1 try')]);
});

test('the home’s own webhook gets what names none, and of batches; a reference is filled in when it is sent', async () => {
  const usual = { url: 'https://usual.example/x', secret: 'secret://hooks/usual' };
  const asked: string[] = [];
  const notifications = opened(usual, (text) => {
    asked.push(text);
    return WEBHOOK_SECRET;
  });
  const { record, completed } = ended();
  await notifications.send({ ...completed }, { ...record, request: { ...record.request } });
  await notifications.deliver(0, never);
  expect(posts.map(({ webhook }) => webhook)).toEqual([{ ...usual, secret: WEBHOOK_SECRET }]);
  expect(asked).toEqual(['secret://hooks/usual']);
});

test('no one is notified, and nothing is kept, where no webhook was named', async () => {
  const { record, completed } = ended();
  const { hooks: _none, ...request } = record.request;
  const notifications = opened();
  await notifications.send(completed, { ...record, request });
  await notifications.deliver(0, never);
  await notifications.forget(record.id);
  expect(posts).toEqual([]);
  expect(await filesAtRest(folder)).toEqual([]);
});

test('what was sealed with another key is said, and given up', async () => {
  const { record, completed } = ended(HOOKS);
  await opened().keep(record.id, HOOKS);
  await opened().send(completed, record);
  await writeFile(join(folder, 'sealing-key'), Buffer.alloc(32, 1).toString('base64'));
  await opened().deliver(0, never);
  expect(posts).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('sealed with another key')]);
});
