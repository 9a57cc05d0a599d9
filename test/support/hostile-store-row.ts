import type { Destination, UploadRef } from '../../lib/destinations/destination.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { HttpOptions, S3Options } from '../../lib/local/api.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import type { Call } from '../../lib/values/call.ts';
import type { DoubleOptions } from './s3-double/state.ts';
import type { S3Double } from './s3-double.ts';

/** What a row knows of where it is played. */
export interface StoreServers {
  readonly store: S3Double;
  readonly sizeBytes: number;
  /** Of whatever the store wrote in its lies: bytes that the system took off its hands. */
  readonly sent: { bytes: number };
}

/** One hostile store and what must come of it. It is also a row of docs/reliability.md. */
export interface HostileStoreRow {
  /** First column of the table. */
  readonly what: string;
  /** Second column: the right bytes, or the error's code. */
  readonly outcome: 'bytes' | ErrorCode;
  /** Third column: what Piecework does about it. */
  readonly how: string;
  /** Has the store lie. */
  lie(servers: StoreServers): void;
  /** Asked of the store in place of a whole copy, which would go on asking for half a minute. An upload is open. */
  ask?(destination: Destination, upload: UploadRef, call: Call): Promise<unknown>;
  readonly options?: Partial<TransferOptions> | ((bytes: Buffer) => Partial<TransferOptions>);
  readonly http?: HttpOptions;
  readonly s3?: S3Options;
  /** What kind of store it is. */
  readonly double?: DoubleOptions;
  /** What was begun is kept, for another try or another look. @default false */
  readonly resumable?: boolean;
  check?(servers: StoreServers): void;
}
