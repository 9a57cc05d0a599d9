import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { webhookBody } from '../../lib/events/webhooks/body.ts';
import { postWebhook } from '../../lib/events/webhooks/post.ts';
import { MOST_TRIES, waitAfter } from '../../lib/events/webhooks/schedule.ts';
import { signedHeaders } from '../../lib/events/webhooks/sign.ts';
import { createGuard } from '../../lib/guard/guard.ts';
import { checkWebhook, shownHooks } from '../../lib/transfer/hooks.ts';
import { startReceiver, WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

const DETAIL = {
  v: 1,
  id: '01KB1VY4M7XWQ8N5T2R9C3D6EF.1.completed',
  transferId: '01KB1VY4M7XWQ8N5T2R9C3D6EF',
  status: 'completed',
  at: '2026-11-24T12:00:00.000Z',
} as const;
const BODY = webhookBody(DETAIL, 'piecework');
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const MINUTE_MS = 60_000;

const post = (url: string, options: Partial<Parameters<typeof postWebhook>[2]> = {}) =>
  postWebhook(
    { url, secret: WEBHOOK_SECRET },
    { id: DETAIL.id, body: BODY },
    { userAgent: 'piecework/1.2.3', ...options },
  );

test('a notification is verified by the library of Standard Webhooks, and is a CloudEvent', async () => {
  await using receiver = await startReceiver();
  expect(await post(receiver.url)).toBeUndefined();
  const [first] = await receiver.untilReceived(1);
  if (first === undefined) throw new Error('nothing came');
  expect(first.headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'piecework/1.2.3',
    'webhook-id': DETAIL.id,
  });
  expect(receiver.verified(first)).toEqual({
    specversion: '1.0',
    id: DETAIL.id,
    source: 'piecework',
    type: 'piecework.transfer.completed',
    subject: DETAIL.transferId,
    time: DETAIL.at,
    datacontenttype: 'application/json',
    data: DETAIL,
  });
});

test('what is forged, changed, or replayed out of its window is refused', () => {
  const receiver = new Webhook(WEBHOOK_SECRET);
  const signed = (secret: string, now: number) => ({ ...signedHeaders(DETAIL.id, BODY, secret, now) });
  expect(receiver.verify(BODY, signed(WEBHOOK_SECRET, Date.now()))).toMatchObject({ id: DETAIL.id });
  expect(() => receiver.verify(BODY, signed(OTHER_SECRET, Date.now()))).toThrow(/signature/i);
  expect(() => receiver.verify(`${BODY} `, signed(WEBHOOK_SECRET, Date.now()))).toThrow(/signature/i);
  const otherId = { ...signed(WEBHOOK_SECRET, Date.now()), 'webhook-id': 'another' };
  expect(() => receiver.verify(BODY, otherId)).toThrow(/signature/i);
  for (const offset of [-6 * MINUTE_MS, 6 * MINUTE_MS])
    expect(() => receiver.verify(BODY, signed(WEBHOOK_SECRET, Date.now() + offset))).toThrow(/timestamp/i);
});

test('each try is signed anew, with the same id: a repetition is known, and is in its window', async () => {
  await using receiver = await startReceiver([500, 204]);
  const times = [1_800_000_000_000, 1_800_000_005_000];
  expect(await post(receiver.url, { now: () => times[0] ?? 0 })).toMatchObject({ isFinal: false });
  expect(await post(receiver.url, { now: () => times[1] ?? 0 })).toBeUndefined();
  const headers = receiver.received.map((one) => one.headers);
  expect(headers.map((one) => one['webhook-id'])).toEqual([DETAIL.id, DETAIL.id]);
  expect(headers.map((one) => one['webhook-timestamp'])).toEqual(['1800000000', '1800000005']);
  expect(headers[0]?.['webhook-signature']).not.toBe(headers[1]?.['webhook-signature']);
});

test('only a 2xx has taken it; a redirect is not followed, and 410 is the end', async () => {
  await using target = await startReceiver();
  await using moved = await startReceiver([307], { location: target.url });
  const refusal = await post(moved.url);
  expect(refusal).toMatchObject({ isFinal: false });
  expect(refusal?.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\*\*\* answered 307, and redirects are not followed$/);
  expect(target.received).toEqual([]);
  await using gone = await startReceiver([410]);
  expect(await post(gone.url)).toMatchObject({ isFinal: true });
  await using busy = await startReceiver([429], { 'retry-after': '120' });
  expect(await post(busy.url)).toMatchObject({ isFinal: false, askedMs: 120_000 });
});

test('one that does not listen, and one that does not answer, are tried again; nothing of the path is said', async () => {
  const receiver = await startReceiver();
  await receiver[Symbol.asyncDispose]();
  const refused = await post(receiver.url);
  expect(refused).toMatchObject({ isFinal: false });
  expect(refused?.message).toContain('ECONNREFUSED');
  expect(refused?.message).not.toContain('7f3a9c2e51');
});

test('private addresses are refused by the guard, by name and by number, unless they are allowed', async () => {
  await using receiver = await startReceiver();
  const ports = [receiver.port];
  const guard = createGuard({ ports });
  expect(await post(receiver.url, { guard })).toMatchObject({ isFinal: true });
  const byName = receiver.url.replace('127.0.0.1', 'hooks.example');
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const refusal = await post(byName, { guard: createGuard({ ports, resolve }) });
  expect(refusal?.message).toContain('may not be contacted (GuardRefused)');
  expect(receiver.received).toEqual([]);
  const allowing = createGuard({ ports, resolve, privateHosts: ['hooks.example'] });
  expect(await post(byName, { guard: allowing })).toBeUndefined();
  expect(receiver.received).toHaveLength(1);
});

test('waits grow, are bounded, and give the receiver the patience that it asks for', () => {
  const waits = Array.from({ length: MOST_TRIES }, (_, index) => waitAfter(index + 1));
  expect(waits.at(-1)).toBeUndefined();
  const numbers = waits.slice(0, -1) as number[];
  expect(numbers.every((wait, index) => index === 0 || wait > (numbers[index - 1] ?? 0))).toBe(true);
  expect(numbers.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(24 * 60 * MINUTE_MS);
  expect(waitAfter(1, 10 * MINUTE_MS)).toBe(10 * MINUTE_MS);
  expect(waitAfter(1, 1e12)).toBe(8 * 60 * MINUTE_MS);
});

test.each([
  ['ftp://hidden/x', WEBHOOK_SECRET],
  ['hidden/x', WEBHOOK_SECRET],
  ['https://host/x', 'topkey'],
  ['https://host/x', `whsec_${Buffer.alloc(23, 1).toString('base64')}`],
  ['https://host/x', `whsec_${Buffer.alloc(65, 1).toString('base64')}`],
])('%s with the secret %s is no webhook, and neither is in the sentence', (url, secret) => {
  expect(() => checkWebhook({ url, secret })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  expect(() => checkWebhook({ url, secret })).not.toThrow(/topkey|hidden|AQEBAQ|MfKQ9r8/);
});

test.each([24, 25, 26, 32, 63, 64])('a secret of %d bytes signs, as does a reference', (bytes) => {
  const secret = `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
  expect(() => checkWebhook({ url: 'https://host/x', secret })).not.toThrow();
  expect(() => checkWebhook({ url: 'https://host/x', secret: 'secret://hooks/one' })).not.toThrow();
});

test('of a webhook its host is shown, and nothing else', () => {
  const url = 'https://user:pw@hooks.example/services/T0/B1/xyz?token=abc';
  expect(shownHooks({ webhook: { url, secret: WEBHOOK_SECRET }, taskToken: 'AQC' })).toEqual({
    webhook: 'https://***@hooks.example/***?token=***',
    taskToken: true,
  });
});
