import type { ErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';

/** Everything that can go wrong by chance, each with its own probability per call. */
export const FAULT_KINDS = [
  /** A process dies: between any two of its steps, or at its time-out. */
  'kill',
  /** A process is asked to stop: its signal is aborted. */
  'stop',
  /** A request that was on its way when its sender died arrives much later, or never. */
  'orphanedRequest',
  'recordRefused',
  /** Written, and the answer lost. */
  'recordLost',
  /** Written, and the repetition of a lower layer refused by its own success. */
  'recordEcho',
  /** The sender gave up; it is written later. */
  'recordLate',
  'storeRefused',
  'storeBusy',
  'storeLost',
  'storeLate',
  'storeConflict',
  /** A part that lands after the abort stays, and has to be aborted again. */
  'partOutlivesAbort',
  /** An open upload is aborted from outside. */
  'uploadVanishes',
  'secretRefused',
  'secretLost',
  'sendRefused',
  /** Some of the messages were sent, then the sender heard an error. */
  'sendPartial',
  'messageLost',
  'messageTwice',
  'messageLate',
  /** The handler succeeded, and its message comes again. */
  'deleteLost',
  'sourceBusy',
  'sourceServerError',
  /** One connection brings everything much later than the others. */
  'sourceSlow',
  'sourceReset',
  'sourceStall',
  'sourceShort',
  /** Another range than was asked for is answered. */
  'sourceWrongRange',
  /** The connection breaks in the middle of a part, and the store keeps what had come. */
  'partCut',
  /** Asked to copy a piece by itself, the store refuses. */
  'copyRefused',
  /** It copies, and says no checksum of it. */
  'copyUnproved',
  /** It answers 200, and then that it failed. */
  'copyFailed',
  'copySlow',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** What can go wrong with one kind of call. */
export interface Weather {
  /** Not done, and an error. */
  readonly refused?: readonly (readonly [FaultKind, () => PieceworkError])[];
  /** Done, and an error instead of the answer. */
  readonly lost?: readonly (readonly [FaultKind, () => PieceworkError])[];
  /** An error, and done after it. */
  readonly late?: readonly [FaultKind, () => PieceworkError];
}

function error(code: ErrorCode, message: string): () => PieceworkError {
  return () => new PieceworkError(code, message);
}

export const RECORD_READ: Weather = {
  refused: [['recordRefused', error('DestinationServerError', 'the records store answered 500')]],
};
export const RECORD_WRITE: Weather = {
  refused: [['recordRefused', error('DestinationBusy', 'the records store answered 503')]],
  lost: [
    ['recordLost', error('DestinationUnreachable', 'the answer of the records store was lost')],
    ['recordEcho', error('Conflict', 'a request that was repeated met its own success')],
  ],
  late: ['recordLate', error('DestinationUnreachable', 'the records store timed out')],
};
export const RECORD_DELETE: Weather = {
  ...RECORD_READ,
  lost: [['recordLost', error('DestinationUnreachable', 'the answer of the records store was lost')]],
};
export const STORE_READ: Weather = {
  refused: [
    ['storeRefused', error('DestinationServerError', 'the store answered 500')],
    ['storeBusy', error('DestinationBusy', 'the store answered SlowDown')],
  ],
};
export const STORE_WRITE: Weather = {
  ...STORE_READ,
  lost: [['storeLost', error('DestinationUnreachable', 'the answer of the store was lost')]],
  late: ['storeLate', error('DestinationUnreachable', 'the store timed out')],
};
export const STORE_FINISH: Weather = {
  ...STORE_WRITE,
  refused: [...(STORE_READ.refused ?? []), ['storeConflict', error('DestinationConflict', 'the store answered 409')]],
};
export const STORE_COPY: Weather = {
  ...STORE_WRITE,
  refused: [
    ...(STORE_READ.refused ?? []),
    ['copyFailed', error('DestinationServerError', 'the store answered 200, and an error in it')],
    ['copyRefused', error('ServerSideCopyRefused', 'the store answered AccessDenied')],
  ],
};
export const SECRET: Weather = {
  refused: [['secretRefused', error('DestinationServerError', 'the secret store answered 500')]],
  lost: [['secretLost', error('DestinationUnreachable', 'the answer of the secret store was lost')]],
};
export const SEND: Weather = {
  refused: [['sendRefused', error('DestinationUnreachable', 'the queue did not answer')]],
};
export const SOURCE_REQUEST: Weather = {
  refused: [
    [
      'sourceBusy',
      () =>
        new PieceworkError('SourceBusy', 'the source answered 503', {
          details: { sourceStatus: 503, retryAfterMs: 7_000 },
        }),
    ],
    ['sourceServerError', error('SourceServerError', 'the source answered 502')],
    ['sourceReset', error('SourceReset', 'the source closed the connection')],
  ],
};
export const SOURCE_READ: Weather = {
  refused: [
    ['sourceReset', error('SourceReset', 'the source closed the connection in the middle')],
    ['sourceStall', error('SourceStalled', 'the source sent nothing any more')],
    ['sourceShort', error('BodyShort', 'the body ended early')],
  ],
};
