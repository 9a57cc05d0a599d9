import { describe, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { asPieceworkError, PieceworkError } from '../../lib/errors/error.ts';
import { ForeignError, serviceFailure } from '../../lib/errors/foreign.ts';
import { loggedError } from '../../lib/events/log/error.ts';
import { testContext } from '../support/cli-context.ts';

const CANARY = 'c4nary-Zq7wXr2LmT';
const ESCAPES = '\u001b[2J\u009b31m\u202e\u2028\n    at CANARY (/etc/passwd:1:1)\r';

/** What a library throws, with all that it carries. */
function thrown(fields: object, message = `refused ${CANARY} ${ESCAPES}`, cause?: Error): Error {
  const error = new Error('before', cause === undefined ? undefined : { cause });
  return Object.assign(error, { message, request: { headers: { authorization: CANARY } } }, fields);
}

/** Whose text is the other side's. */
const ANSWERS: readonly (readonly [string, unknown])[] = [
  ['a service', thrown({ name: 'AccessDenied', $metadata: { httpStatusCode: 403, requestId: CANARY } })],
  ['a service whose code is a secret', thrown({ name: CANARY, Code: CANARY, $metadata: { httpStatusCode: 403 } })],
  ['a service whose code is a sentence', thrown({ name: `A ${CANARY}`, $metadata: { httpStatusCode: 400 } })],
  ['an answer that is not XML', thrown({ $response: { statusCode: 200, body: CANARY } })],
  ['an FTP server', thrown({ name: 'FTPError', code: 530 })],
  ['an SSH server', thrown({ level: 'protocol' })],
  ['an SFTP server', thrown({ code: 4 })],
  ['a text that is not JSON', new SyntaxError(`Unexpected token ${CANARY}`)],
  ['something that is no error', CANARY],
  ['a cause of a cause', thrown({ code: 'EPIPE' }, 'broken', thrown({ code: 530 }))],
];

/** Everything that is ever shown of an error. */
async function shownOf(error: PieceworkError): Promise<string> {
  const context = testContext({ local: () => ({ list: () => Promise.reject(error) }) });
  await run(['list', '--json', '--verbose'], context);
  const { message, details, cause } = error;
  const kept = cause instanceof Error ? [cause.message, cause.stack, { ...cause }] : [];
  return JSON.stringify([
    message,
    details,
    String(cause),
    kept,
    loggedError(error),
    context.stdout.text,
    context.stderr.text,
  ]);
}

describe('of an error that is not ours', () => {
  test.each(ANSWERS)('nothing that came from %s is kept', async (_who, foreign) => {
    for (const error of [new PieceworkError('SourceReset', 'broken', { cause: foreign }), asPieceworkError(foreign)]) {
      const shown = await shownOf(error);
      expect(shown).not.toMatch(/c4nary/i);
      expect(shown).not.toContain('passwd');
    }
  });

  test('name, code, status, a cut and cleaned text, and where it came from are kept', () => {
    const cause = new PieceworkError('SourceReset', 'broken', {
      cause: Object.assign(new TypeError(`no ${'x'.repeat(50)} https://me:${CANARY}@host/ ${'y '.repeat(9999)}`), {
        code: 'ERR_INVALID_ARG_TYPE',
      }),
    }).cause as ForeignError;
    expect(cause).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    expect(cause.message).toContain('https://***@host/');
    expect(cause.message.length).toBeLessThan(400);
    expect(cause.stack).toContain('foreign-error.test.ts');
    expect({ ...cause }).toEqual({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', status: undefined });
  });

  test('its code and status say the same as before', () => {
    const answer = thrown({ name: 'KMS.DisabledException', $metadata: { httpStatusCode: 400 } });
    const socket = thrown({ code: 'ECONNRESET' });
    for (const raw of [answer, socket]) expect(serviceFailure(new ForeignError(raw))).toEqual(serviceFailure(raw));
    expect(serviceFailure(answer)).toEqual({ name: 'KMS.DisabledException', status: 400 });
    expect(serviceFailure(thrown({ Code: 'XAmzContentSHA256Mismatch', $metadata: { httpStatusCode: 400 } })).name).toBe(
      'XAmzContentSHA256Mismatch',
    );
  });
});

test('nothing that moves a cursor or forges a line is shown', async () => {
  const message = `the file ${ESCAPES} is there`;
  const error = new PieceworkError('DestinationExists', message, { cause: thrown({ code: 'EEXIST' }, ESCAPES) });
  const context = testContext({ local: () => ({ list: () => Promise.reject(error) }) });
  await run(['list', '--json', '--verbose'], context);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are looked for
  const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
  expect(context.stdout.text + context.stderr.text).not.toMatch(unprintable);
  expect(context.stderr.text).not.toMatch(/^\s+at CANARY/m);
  expect(JSON.stringify(loggedError(error))).not.toMatch(/\\u001b|\\n/);
});
