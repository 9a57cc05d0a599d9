import { describe, expect, test } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { shownUrl, withoutSecretPath } from '../../lib/errors/secret-url-path.ts';
import { toRequest } from '../../lib/pipeline/requests/submit.ts';
import { withSecretPaths } from '../../lib/sources/secret-path.ts';
import type { Probe, Source } from '../../lib/sources/source.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';

const CANARY = 'c4nary-Zq7w+Xr2LmT';
const URL_TEXT = `https://me:x@host.example/d/${CANARY}/%63${CANARY}.bin?sig=1`;
const FROM = { url: URL_TEXT, secretPath: true };
const signal = new AbortController().signal;

test('what is shown and stored of a URL whose path is secret', () => {
  expect(shownUrl(FROM)).toBe('https://***@host.example/***?sig=***');
  expect(shownUrl({ url: 'https://host.example/', secretPath: true })).toBe('https://host.example/');
  const destination = { kind: 'stdout' } as const;
  const source = { url: `https://host.example/${CANARY}`, secretPath: true };
  expect(toRequest({ source, destination, object: {}, options: DEFAULT_OPTIONS }).source).toEqual({
    url: 'https://host.example/***',
    withheld: true,
    secretPath: true,
  });
});

describe('an error about it', () => {
  test.each([
    `${URL_TEXT.replace('me:x@', '***@')}: not found; give another`,
    `led to https://other.example/d/${encodeURIComponent(CANARY)}, and no further`,
    `the name is ${CANARY}.bin`,
    `arn:aws:s3:::bucket/d/${CANARY}/c${CANARY}.bin`,
  ])('%s', (message) => {
    const details = { target: message, sourceStatus: 404 };
    const cause = new Error(`GET /d/${CANARY}`);
    const error = withoutSecretPath(new PieceworkError('SourceNotFound', message, { details, cause }), URL_TEXT);
    expect(error).toMatchObject({ code: 'SourceNotFound', details: { sourceStatus: 404 } });
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('c4nary');
  });

  test('keeps the rest of its sentence, and a cause that does not speak of it', () => {
    const error = new PieceworkError('SourceReset', 'https://host.example/d/x: closed; try again', {
      cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    });
    const hidden = withoutSecretPath(error, URL_TEXT);
    expect(hidden.message).toBe('https://host.example/***: closed; try again');
    expect(hidden.cause).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a source', () => {
  const failure = () =>
    Promise.reject(new PieceworkError('BodyShort', `https://host.example/d/${CANARY}?sig=***: short`));
  const probe: Probe = {
    snapshot: { ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [], name: CANARY },
    finalUrl: `https://other.example/d/${CANARY}?sig=***`,
    body: { read: failure, [Symbol.asyncDispose]: async () => undefined },
    bodyIsWhole: false,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const inner: Source = {
    schemes: ['ftp'],
    probe: async () => probe,
    open: failure,
    copySource: async () => ({ bucket: 'b', key: CANARY }),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const source = withSecretPaths(inner);

  test('says nothing of the path: no name, no final URL, no object to copy, no error', async () => {
    const from = { ...FROM, url: `ftp://host/d/${CANARY}` };
    const looked = await source.probe(from, 1, { signal });
    expect(looked.snapshot.name).toBe(undefined);
    expect(looked.finalUrl).toBe('https://other.example/***?sig=***');
    await expect(looked.body.read(new Uint8Array(1))).rejects.toThrow('https://host.example/***?sig=***: short');
    await expect(source.open(from, looked.snapshot, { start: 0, end: 1 }, { signal })).rejects.toMatchObject({
      code: 'BodyShort',
      message: expect.not.stringContaining('c4nary'),
    });
    expect(await source.copySource(from)).toBe(undefined);
  });

  test('of a list gives the URL of its next page as it is: it is asked for', async () => {
    const nextPage = `https://host.example/d/${CANARY}?page=2`;
    const paged = withSecretPaths({ ...inner, probe: async () => ({ ...probe, nextPage }) });
    expect((await paged.probe(FROM, 'all', { signal })).nextPage).toBe(nextPage);
  });

  test('says everything where the path is not marked', async () => {
    const from = { url: URL_TEXT };
    expect(await source.probe(from, 1, { signal })).toBe(probe);
    expect(await source.copySource(from)).toEqual({ bucket: 'b', key: CANARY });
  });
});
