import { beforeEach, expect, test, vi } from 'vitest';
import type { Transfer } from '../../lib/api/schemas/transfer.ts';
import { startAwsDoubles } from '../support/aws-doubles.ts';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions } from '../support/aws-functions.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { patternBytes } from '../support/pattern.ts';
import { stubVariables } from '../support/stub-variables.ts';

// What a transfer says that it has used, beside what the functions have asked of AWS, on their own handlers.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 33 * MIB);

const aws = forAllTests(startAwsDoubles);
let functions: AwsFunctions;
let firstRequest: number;
let skippedMs = 0;

beforeEach(async () => {
  stubVariables({ ...aws().variables(), AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024' });
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + skippedMs);
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(() => true);
  functions = await openAwsFunctions(aws().services);
  firstRequest = aws().services.requests.length;
});

async function transfer(url: string, key: string, options: object = {}): Promise<Transfer> {
  const submitted = await functions.call('POST', '/v1/transfers', {
    source: { url },
    destination: { bucket: 'target', key },
    options,
  });
  expect(submitted.status, submitted.text).toBe(202);
  const { id } = JSON.parse(submitted.text.split('\n')[1] ?? '') as Transfer;
  await functions.run((ms) => {
    skippedMs += ms;
  });
  const { text } = await functions.call('GET', `/v1/transfers/${id}`);
  return JSON.parse(text.split('\n')[1] ?? '') as Transfer;
}

/** What the double was asked, by what AWS has prices for. */
function asked() {
  const requests = aws().services.requests.slice(firstRequest);
  const lists = /list-type|[?&]uploads?(=|&|$)|uploadId=/;
  const isRead = ({ action, path }: (typeof requests)[number]) => /^(GET|HEAD)$/.test(action) && !lists.test(path);
  return {
    s3Reads: requests.filter(isRead).length,
    s3Writes: requests.filter((one) => /^(PUT|POST|GET)$/.test(one.action) && !isRead(one)).length,
    sends: requests.filter(({ action }) => action.startsWith('AmazonSQS.')).length,
    events: requests.filter(({ action }) => action === 'AWSEvents.PutEvents').length,
  };
}

function lastEvent(): Record<string, unknown> {
  const sent =
    aws()
      .services.requests.filter(({ action }) => action === 'AWSEvents.PutEvents')
      .at(-1)?.text ?? '';
  const { Entries } = JSON.parse(sent.split('\n')[1] ?? '') as { Entries: { Detail: string }[] };
  return JSON.parse(Entries[0]?.Detail ?? '') as Record<string, unknown>;
}

test('a transfer in pieces says what it has used, as it was asked of AWS', async () => {
  const url = aws().origin.serve('/big.bin', { bytes: BYTES, etag: '"v1"' });
  const { status, used, id } = await transfer(url, 'big', { pieceSizeBytes: 5 * MIB, parallelism: 3 });
  expect(status).toBe('completed');
  const { s3Reads, s3Writes, sends, events } = asked();
  // Less what comes after the record's last write; and the look of this test is not counted.
  expect(used?.s3Writes).toBeGreaterThanOrEqual(s3Writes - 2);
  expect(used?.s3Writes).toBeLessThanOrEqual(s3Writes);
  expect(used?.s3Reads).toBeGreaterThanOrEqual(0.75 * s3Reads);
  expect(used?.s3Reads).toBeLessThanOrEqual(s3Reads);
  expect(used?.queueRequests).toBeGreaterThan(sends);
  // The event of the submit is sent after its record.
  expect(used?.events).toBe(events - 1);
  expect(used).toMatchObject({ apiRequests: 1, bytes: BYTES.length });
  expect(used?.functionRuns).toBeGreaterThan(5);
  expect(used?.gbSeconds).toBeGreaterThan(0);
  const event = lastEvent();
  expect(event).toMatchObject({ transferId: id, status: 'completed', used: { bytes: BYTES.length, apiRequests: 1 } });
});

test('so do a small one and a failed one', async () => {
  const small = await transfer(aws().origin.serve('/small', { bytes: BYTES.subarray(0, 1000), etag: '"s"' }), 'small');
  expect(small).toMatchObject({ status: 'completed', used: { apiRequests: 1, bytes: 1000 } });
  const missing = await transfer(`${aws().origin.base}/missing`, 'missing');
  expect(missing).toMatchObject({ status: 'failed', used: { apiRequests: 1, bytes: 0 } });
  expect(lastEvent()).toMatchObject({ status: 'failed', used: { apiRequests: 1 } });
});
