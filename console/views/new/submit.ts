import { call } from '../../api/call.ts';
import type { DryRun, ShownBatch, ShownTransfer } from '../../api/shapes.ts';
import { hearBatch, hearTransfer } from '../../state/items.ts';

/* Requests of the view of new transfers. */

export interface Wanted {
  readonly url: string;
  readonly destination: string;
  readonly ifExists: string;
}

function bodyOf({ url, destination, ifExists }: Wanted) {
  return { source: { url }, destination, ...(ifExists === '' ? {} : { options: { ifExists } }) };
}

/** Asks the source, and fetches nothing. @throws Problem */
export async function dryRun(wanted: Wanted, signal: AbortSignal): Promise<DryRun> {
  return await call('POST', '/v1/transfers', { query: { dryRun: true }, body: bodyOf(wanted), signal });
}

/** @param key makes a second click the same transfer @throws Problem */
export async function submit(wanted: Wanted, key: string): Promise<ShownTransfer> {
  const headers = { 'idempotency-key': key };
  const transfer = await call<ShownTransfer>('POST', '/v1/transfers', { body: bodyOf(wanted), headers });
  hearTransfer(transfer);
  return transfer;
}

/** @throws Problem */
export async function submitBatch(urls: readonly string[], destination: string, key: string): Promise<ShownBatch> {
  const entries = urls.map((url) => ({ sources: [url] }));
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(destination) ?? [];
  const to = bucket === undefined ? destination : { bucket, prefix };
  const headers = { 'idempotency-key': key };
  const batch = await call<ShownBatch>('POST', '/v1/batches', { body: { entries, destination: to }, headers });
  hearBatch(batch);
  return batch;
}
