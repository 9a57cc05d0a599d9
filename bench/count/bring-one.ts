import { submit } from '../../lib/pipeline/requests/submit.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { Requests } from './requests.ts';
import type { Timeline } from './timeline.ts';

const LOOK_MS = 10_000;

interface One {
  readonly time: Timeline;
  readonly requests: Requests;
  readonly api: Ports;
  readonly parallelism: number;
  readonly pieceSizeBytes: number;
}

/** Submits a transfer and lets time pass until it is completed. @returns seconds from the submit to its end */
export async function bringOne({ time, requests, api, parallelism, pieceSizeBytes }: One): Promise<number> {
  const startedAt = time.now();
  let endedAt = startedAt;
  let isOver = false;
  const bring = async () => {
    const { id } = await submit(api, {
      source: { url: 'https://example.com/file' },
      destination: { kind: 's3', bucket: 'bucket', key: 'key' },
      object: {},
      options: { ...DEFAULT_OPTIONS, parallelism, pieceSizeBytes },
      owner: 'arn:aws:iam::123456789012:role/somebody',
    });
    for (;;) {
      await time.sleep(LOOK_MS);
      const before = requests.of('GET transfers');
      const record = (await loadTransfer(api, id))?.record;
      // A look of ours is none of the transfer's.
      requests.count('GET transfers', before - requests.of('GET transfers'));
      // What is done after it was over is done by the next look.
      if (record?.status === 'completed' && endedAt > startedAt) break;
      if (record?.endedAt !== undefined) endedAt = Date.parse(record.endedAt);
      const reason = record?.reason ?? record?.ending?.reason;
      // Looks would go on for ever.
      if (reason !== undefined) throw new Error(reason.message);
    }
  };
  const brought = bring().finally(() => {
    isOver = true;
  });
  await time.run(() => isOver);
  await brought;
  return (endedAt - startedAt) / 1000;
}
