import type { ConnectionOptions } from '../../s3/client.ts';
import { S3_LIMITS } from '../../transfer/plan/limits.ts';
import { stated } from '../../values/stated.ts';
import type { Destination } from '../destination.ts';
import type { DestinationKind, PreferredSizes, SizingNeeds } from '../kind.ts';
import type { S3Store } from './locator.ts';
import { describeS3, identityOfS3, parseS3, s3Locator } from './locator.ts';

export type S3KindOptions = S3Store &
  Pick<ConnectionOptions, 'profile' | 'caFile' | 'answerTimeoutMs'> & {
    /** Gets a sentence that says what a store turned out not to do. */
    readonly warn?: (sentence: string) => void;
  };

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;

/**
 * Far more than all transfers together use at a time: what they share out is connections to sources, one for each body.
 */
const MOST_SOCKETS = 512;

/** Objects in S3, or in a store that speaks like it. Its connections are shared by all transfers. */
export function s3Kind({ pathStyle, warn, ...connection }: S3KindOptions): DestinationKind {
  let shared: Promise<Destination> | undefined;

  async function connect(): Promise<Destination> {
    // Loaded only where it is needed: a small transfer to a file would spend an eighth of its time on it.
    const { s3Destination } = await import('./destination.ts');
    return s3Destination({ ...connection, ...stated({ warn }), maxSockets: MOST_SOCKETS });
  }

  return {
    kind: 's3',
    forms: ['s3://bucket/key'],
    isResumable: true,
    parse: (text) => parseS3(text, stated({ ...connection, pathStyle })),
    identity: (to) => identityOfS3(s3Locator(to)),
    describe: (to) => describeS3(s3Locator(to)),
    sizing,
    async open() {
      shared ??= connect();
      return { ...(await shared), [Symbol.asyncDispose]: async () => {} };
    },
    async [Symbol.asyncDispose]() {
      const opened = await shared?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

/** A part that fits a window can be sent again without asking the source, so pieces and windows are the same. */
function sizing({ affordableBytes, pieceSizeBytes }: SizingNeeds): PreferredSizes {
  const whole = Math.min(8 * MIB, affordableBytes);
  // Two thirds of what is there for windows, in whole MiB.
  const passing = Math.max(MIB, Math.min(4 * MIB, Math.floor((affordableBytes * 2) / 3 / MIB) * MIB));
  return {
    // A piece that passes through its window bit by bit gains nothing from a large one.
    windowBytes: pieceSizeBytes > whole ? passing : whole,
    preferredPieceBytes: whole >= S3_LIMITS.minPieceBytes ? whole : 8 * MIB,
    granuleBytes: MIB,
    putsBeside: true,
    // The system goes on sending what a process had given it before it was killed.
    deadCreateMs: MINUTE_MS,
  };
}
