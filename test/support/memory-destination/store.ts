import { crc32 } from '../../../lib/integrity/crc32.ts';
import type { Part } from '../../../lib/transfer/plan/ledger.ts';
import type { Validator } from '../../../lib/values/web/validator.ts';

export interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly token: string;
  readonly validator: Validator;
  readonly modifiedAt: string;
}

export interface MemoryUpload {
  readonly key: string;
  readonly token: string;
  readonly validator: Validator;
  readonly initiatedAt: string;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly part: Part & { readonly crc32: number } }>;
}

/** What stays when a process that wrote to it has ended. */
export class MemoryStore {
  readonly objects = new Map<string, StoredBytes>();
  readonly uploads = new Map<string, MemoryUpload>();
  #lastId = 0;

  begin(upload: Omit<MemoryUpload, 'initiatedAt' | 'parts'>): string {
    this.#lastId += 1;
    const id = `upload-${this.#lastId}`;
    this.uploads.set(id, { ...upload, initiatedAt: new Date().toISOString(), parts: new Map() });
    return id;
  }

  keep({ parts }: MemoryUpload, number: number, bytes: Uint8Array): Part {
    const part = { number, sizeBytes: bytes.length, crc32: crc32(bytes), modifiedAt: new Date().toISOString() };
    parts.set(number, { bytes, part });
    return part;
  }
}
