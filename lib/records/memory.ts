import { PieceworkError } from '../errors/error.ts';
import type { RecordKey, Records, Version } from './records.ts';

export interface MemoryRecordsOptions {
  /** Paths on one page of `list`. @default 1000 */
  readonly pageSize?: number;
}

/**
 * Records that live as long as the process. Kept as JSON, so that a caller can not change what is
 * stored by changing what it was given.
 */
export function memoryRecords({ pageSize = 1000 }: MemoryRecordsOptions = {}): Records {
  const stored = new Map<string, { readonly json: string; readonly version: Version }>();
  // One count for all keys: a key that is deleted and created again gets no version that it had before.
  let writes = 0;

  return {
    async get<T>(key: RecordKey<T>) {
      const entry = stored.get(key.path);
      return entry === undefined ? undefined : { value: JSON.parse(entry.json) as T, version: entry.version };
    },

    async put<T>(key: RecordKey<T>, value: T, on: 'absent' | Version) {
      const current = stored.get(key.path)?.version ?? 'absent';
      if (current !== on) throw new PieceworkError('Conflict', `record ${key.path} was changed by another process`);
      writes += 1;
      const version = `m${writes}`;
      stored.set(key.path, { json: JSON.stringify(value), version });
      return version;
    },

    async list(prefix: string, cursor?: string) {
      const after = cursor ?? '';
      const paths = [...stored.keys()].filter((path) => path.startsWith(prefix) && path > after).sort();
      const page = paths.slice(0, pageSize);
      const last = page.at(-1);
      return paths.length > page.length && last !== undefined ? { paths: page, cursor: last } : { paths: page };
    },

    async delete(key: RecordKey<unknown>) {
      stored.delete(key.path);
    },
  };
}
