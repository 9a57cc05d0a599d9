import { PieceworkError } from '../../lib/errors/error.ts';
import type { RecordKey, Records, Version } from '../../lib/records/records.ts';
import type { FinalizerMessage } from '../../lib/transfer/messages.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { RECORD_DELETE, RECORD_READ, RECORD_WRITE } from './faults.ts';
import type { SimProcess } from './sim-process.ts';

/** What a finalizer was given for one transfer. */
export interface Batch {
  readonly transferId: string;
  readonly inputs: readonly FinalizerMessage[];
}

export interface RecordChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** What its sender knew when it sent this: it may land long after. */
  readonly batch: Batch | undefined;
}

/** The records bucket itself: strongly consistent, with conditional writes. */
export class RecordStore {
  readonly #stored = new Map<string, { readonly json: string; readonly version: Version }>();
  #writes = 0;
  readonly #onChange: (process: SimProcess, change: RecordChange) => void;

  constructor(onChange: (process: SimProcess, change: RecordChange) => void) {
    this.#onChange = onChange;
  }

  read(path: string): { readonly value: unknown; readonly version: Version } | undefined {
    const entry = this.#stored.get(path);
    return entry === undefined ? undefined : { value: JSON.parse(entry.json), version: entry.version };
  }

  write(process: SimProcess, path: string, value: unknown, on: 'absent' | Version, batch?: Batch): Version {
    const current = this.#stored.get(path);
    if ((current?.version ?? 'absent') !== on)
      throw new PieceworkError('Conflict', `${path} is at ${current?.version ?? 'absent'}, not ${on}`);
    this.#writes += 1;
    const version = `w${this.#writes}`;
    this.#stored.set(path, { json: JSON.stringify(value), version });
    this.#onChange(process, {
      path,
      before: current === undefined ? undefined : JSON.parse(current.json),
      after: JSON.parse(JSON.stringify(value)),
      batch,
    });
    return version;
  }

  delete(path: string): void {
    this.#stored.delete(path);
  }

  paths(prefix: string): readonly string[] {
    return [...this.#stored.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  transfers(): readonly TransferRecord[] {
    return this.paths('transfers/').map((path) => this.read(path)?.value as TransferRecord);
  }
}

const PAGE = 2;

export function simRecords(
  process: SimProcess,
  store: RecordStore,
  batchOf: () => Batch | undefined,
  onDelete: (path: string) => void,
): Records {
  return {
    get<T>({ path }: RecordKey<T>) {
      return process.call(
        `get ${path}`,
        RECORD_READ,
        () => store.read(path) as { readonly value: T; readonly version: Version } | undefined,
      );
    },
    put<T>({ path }: RecordKey<T>, value: T, on: 'absent' | Version) {
      const copy = structuredClone(value);
      const batch = batchOf();
      return process.call(`put ${path} on ${on}${summary(copy)}`, RECORD_WRITE, () =>
        store.write(process, path, copy, on, batch),
      );
    },
    list(prefix: string, cursor?: string) {
      return process.call(`list ${prefix}`, RECORD_READ, () => {
        const paths = store.paths(prefix).filter((path) => cursor === undefined || path > cursor);
        const page = paths.slice(0, PAGE);
        const last = page.at(-1);
        return paths.length > page.length && last !== undefined ? { paths: page, cursor: last } : { paths: page };
      });
    },
    delete({ path }: RecordKey<unknown>) {
      return process.call(`delete ${path}`, RECORD_DELETE, () => {
        onDelete(path);
        store.delete(path);
      });
    },
  };
}

/** For the trace: what of a transfer record is worth reading. */
function summary(value: unknown): string {
  const record = value as Partial<TransferRecord>;
  if (record.status === undefined) return '';
  const {
    status,
    rev,
    run,
    planId,
    upload,
    cursor,
    doneThrough,
    reported,
    trouble,
    toAbort,
    creating,
    ending,
    reason,
    requeues,
    restarts,
    announced,
    stagedObject,
  } = record;
  const short = {
    planId: planId?.slice(-4),
    upload: upload?.id,
    cursor,
    doneThrough,
    reported,
    trouble,
    toAbort: toAbort?.map((entry) => `${entry.upload.id}${entry.abortedAt === undefined ? '' : '!'}`),
    creating: creating?.map((intent) => intent.planId.slice(-4)),
    ending:
      ending === undefined
        ? undefined
        : `${ending.to} ${ending.reason.code}${ending.abortedAt === undefined ? '' : '!'}`,
    reason: reason?.code,
    requeues,
    restarts,
    announced,
    stagedObject,
  };
  return `: ${status} rev ${rev} run ${run} ${JSON.stringify(short)}`;
}
