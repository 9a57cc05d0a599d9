import { expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { apiBench, GOOD } from '../support/api-bench.ts';
import { unreadableDestinations, unreadableSources } from '../support/canary.ts';

// Canaries stand wherever a caller may put a secret, rightly or by mistake; no answer and nothing
// reported to the operator may hold one.

const CANARY = 'c4n4ry-Value!';
const encoded = encodeURIComponent(CANARY);

const SECRET_SOURCE = {
  url: `https://user:${encoded}@origin.example/f?sig=${encoded}`,
  headers: { cookie: `session=${CANARY}` },
};

const BODIES: readonly unknown[] = [
  ...unreadableSources(CANARY).map((url) => ({ ...GOOD, source: { url } })),
  ...unreadableDestinations(CANARY).map((key) => ({ ...GOOD, destination: { bucket: key, key: 'k' } })),
  { ...GOOD, source: SECRET_SOURCE },
  { ...GOOD, source: { url: `https://origin.example/f?sig=${encoded}`, auth: { kind: 'bearer', token: CANARY } } },
  { ...GOOD, source: { ...SECRET_SOURCE, auth: { kind: 'basic', user: 'u', password: CANARY } } },
  { ...GOOD, source: { url: 'sftp://host/f', auth: { kind: 'key', privateKey: CANARY, passphrase: CANARY } } },
  { ...GOOD, source: { url: 'https://host/f', auth: { kind: 'key', privateKey: CANARY } } },
  { ...GOOD, source: { url: 's3://b/f', auth: { kind: 'aws', accessKeyId: 'a', secretAccessKey: CANARY } } },
  { ...GOOD, source: { url: 's3://b/f', store: { endpoint: `https://u:${encoded}@host` } } },
  { ...GOOD, source: { ...SECRET_SOURCE, auth: { kind: CANARY, token: CANARY } } },
  { ...GOOD, source: { ...SECRET_SOURCE, headers: { [`Authorization: Bearer ${CANARY}`]: '' } } },
  { ...GOOD, source: { ...SECRET_SOURCE, headers: { authorization: `${CANARY}\n` } } },
  { ...GOOD, source: { ...SECRET_SOURCE, [`Bearer ${CANARY}`]: 1 } },
  { ...GOOD, source: { url: `not a url ${CANARY}` } },
  { ...GOOD, source: CANARY },
  { ...GOOD, source: { ...SECRET_SOURCE, maxRedirects: CANARY } },
  { ...GOOD, source: SECRET_SOURCE, options: { expect: { digests: { sha256: CANARY } }, ifExists: CANARY } },
  { ...GOOD, source: SECRET_SOURCE, destination: { bucket: 'other', key: 'k' } },
  `{"source": {"url": "https://u:${CANARY}@h/"`,
  `{"token": ${CANARY}}`,
  CANARY,
];

it.each(BODIES.map((body, index) => [index, body] as const))('no answer holds a secret (%d)', async (_index, body) => {
  const reported: unknown[] = [];
  const refusing = (url: string) => {
    throw new PieceworkError('GuardRefused', `${new URL(url).host}: not contacted`);
  };
  for (const checkSource of [() => undefined, refusing]) {
    const bench = apiBench({ checkSource });
    const answers = [await bench.post('/v1/transfers', body, { 'idempotency-key': CANARY })];
    const { id } = ((await answers[0]?.clone().json()) ?? {}) as { id?: string };
    const retryBody = typeof body === 'string' ? body : { source: (body as { source: unknown }).source };
    answers.push(await bench.post(`/v1/transfers/${id ?? 'none'}/retry`, retryBody));
    answers.push(
      await bench.get(`/v1/transfers/${id ?? 'none'}`),
      await bench.get('/v1/transfers'),
      await bench.get(`/v1/transfers?status=${encoded}&${encoded}=1`),
    );
    answers.push(await bench.get(`/v1/transfers/${encoded}`), await bench.get(`/v1/${encoded}?token=${encoded}`));
    for (const answer of answers)
      expect(`${JSON.stringify([...answer.headers])} ${await answer.text()}`).not.toMatch(/c4n4ry/i);
    for (const path of (await bench.records.list('')).paths) {
      const record = await bench.records.get<object>({ path });
      expect(`${path} ${JSON.stringify(record?.value)}`).not.toMatch(/c4n4ry/i);
    }
    expect(bench.answered).toHaveLength(answers.length);
    expect(JSON.stringify(bench.answered)).not.toMatch(/c4n4ry/i);
    reported.push(...bench.failures);
  }
  expect(reported).toEqual([]);
});
