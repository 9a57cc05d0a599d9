import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { HttpOptions } from '../../lib/local/api.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import type { Handler, Origin } from './origin.ts';
import type { Resource } from './origin-resource.ts';

/** How the file of a row is cut: a file takes small pieces, a bucket none under 5 MiB. */
export interface Shape {
  readonly sizeBytes: number;
  readonly pieceSizeBytes: number;
}

/** The servers that a row is played on, and how its file is cut. */
export interface RowServers {
  readonly origin: Origin;
  readonly shape: Shape;
  /** An honest server of the other scheme, for redirects that change it. */
  readonly other: Origin;
}

/** One hostile source and what must come of it. It is also a row of docs/reliability.md. */
export interface HostileRow {
  /** First column of the table. */
  readonly what: string;
  /** Second column: the right bytes, or the error's code. In either case nothing else is left anywhere. */
  readonly outcome: 'bytes' | ErrorCode;
  /** Third column: what Piecework does about it. */
  readonly how: string;
  /** What is served at `/file.bin`: a resource, a handler, or a URL where something is served. */
  serve(servers: RowServers): Resource | Handler | string;
  /** The bytes that are right, or each that may be. @default pattern bytes of seed 1 */
  bytes?(servers: RowServers): Buffer | readonly Buffer[];
  readonly mode?: 'single' | 'pieces' | 'stream';
  /** What the result claims to be proved by; `any` where chance has a part in it. @default 'validator' */
  readonly version?: 'validator' | 'digest' | 'one-answer' | 'unverified' | 'any';
  /** What the result claims of the end. @default nothing: it is proved */
  readonly end?: 'unproved';
  readonly source?: Partial<SourceLocator>;
  readonly options?: Partial<TransferOptions> | ((servers: RowServers) => Partial<TransferOptions>);
  readonly http?: HttpOptions;
  /**
   * Where others choose the URL: the source is guarded as in the functions, and knows every name as 127.0.0.1,
   * which only `localhost` may be.
   * @default false
   */
  readonly guarded?: boolean;
  /** @default both */
  readonly only?: 'http' | 'https';
  /** Holds the origin's log against the row. */
  check?(servers: RowServers): void;
}
