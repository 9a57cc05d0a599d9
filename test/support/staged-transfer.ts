import { createHash } from 'node:crypto';
import type { Destination } from '../../lib/destinations/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import type { Store } from '../../lib/destinations/s3/stores.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import { markActive } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer, loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { stagingOf } from '../../lib/pipeline/shared/upload-ref.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { toIso } from '../../lib/values/time.ts';
import { SNAPSHOT, transferring } from './a-transfer.ts';
import { call } from './reading.ts';
import type { S3Server } from './s3-process.ts';
import { HOUR_MS, stillPorts } from './still-ports.ts';

export interface StagedTransfer extends AsyncDisposable {
  readonly ports: Ports;
  readonly id: string;
  readonly target: DestinationLocator;
  readonly stagingKey: string;
  record(): Promise<TransferRecord | undefined>;
  isMarked(): Promise<boolean>;
  /** Until nothing is left to do: the schedule comes by every hour, and what it sends is done. */
  goOn(): Promise<void>;
}

export interface StagedTransferOptions {
  readonly bucket: string;
  /** What the store is taken for. */
  readonly store?: Partial<Store>;
  readonly bytes: Uint8Array;
  /** The clock's first time. */
  readonly now: number;
  readonly ifExists?: 'fail' | 'replace';
  /** Comes between the transfer and its destination. @default nothing does */
  readonly around?: (destination: Destination) => Destination;
}

const never = new AbortController().signal;

/** A transfer to `key` whose ledger is complete and whose digest is to be proved: it is about to be finished. */
export async function stagedTransfer(server: S3Server, options: StagedTransferOptions): Promise<StagedTransfer> {
  const { bucket, store = {}, bytes, ifExists = 'fail', around = (same) => same } = options;
  const { endpoint, region, credentials } = server;
  const destination = s3Destination({ endpoint, credentials, store });
  const { ports, clock, sent } = stillPorts(around(destination));
  clock.now = options.now;
  const target: DestinationLocator = { kind: 's3', bucket, key: 'key', endpoint, region };
  const token = '01TRANSFER.plan1';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const base = transferring({}, { ifExists, expect: { digests: { sha256 } } });
  const { id } = base;
  const staged = stagingOf(destination).locate(target, id);
  const spec = { target: staged, token, settings: {}, validator: SNAPSHOT.validator };
  const upload = await destination.createUpload(spec, call());
  const whole = { kind: 'whole', bytes, crc32: crc32(bytes) } as const;
  await destination.uploadPart(upload, { number: 1, sizeBytes: bytes.length, offset: 0 }, whole, call());
  const { rev: _, writeId: __, ...fresh } = base;
  await createTransfer(ports, {
    ...fresh,
    request: { ...base.request, destination: target },
    status: 'finalizing',
    deadlineAt: toIso(clock.now + 24 * HOUR_MS),
    snapshot: { ...SNAPSHOT, sizeBytes: bytes.length },
    plan: { mode: 'pieces', sizeBytes: bytes.length, pieceSizeBytes: bytes.length, pieceCount: 1 },
    upload: { id: upload.id, token, staged: true },
  });
  await markActive(ports, id, 1);
  const isMarked = async () => (await ports.records.get(KEYS.active(id, 1))) !== undefined;

  return {
    ports,
    id,
    target,
    stagingKey: `key.piecework-${id}`,
    isMarked,
    record: async () => (await loadTransfer(ports, id))?.record,
    async goOn() {
      for (let hours = 0; hours < 6 && (await isMarked()); hours += 1) {
        clock.now += HOUR_MS;
        await reconcile(ports, { transferId: id, run: 1 }, { now: false }, never);
        if (sent.splice(0).some(({ kind }) => kind === 'finish')) await finishTransfer(ports, id, never);
      }
    },
    [Symbol.asyncDispose]: () => destination[Symbol.asyncDispose](),
  };
}
