import { FETCHER_CONNECTIONS } from '../../lib/aws/names.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { Records } from '../../lib/records/records.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { isSettled } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { fractionOf } from '../../lib/values/random.ts';
import { countedDestination, countedRecords, countedSecrets, Requests } from './requests.ts';
import { countedSources } from './source.ts';
import { startStages } from './stages.ts';
import { ticking } from './ticking.ts';
import { Timeline } from './timeline.ts';

const MINUTE_MS = 60_000;
const PIECE_BYTES = 16;

export interface DeploymentCase {
  readonly transfers: number;
  /** Of the sources, each with its turn. */
  readonly hosts: number;
  /** Of each transfer. */
  readonly pieceCount: number;
  readonly pieceSeconds: number;
  /** At one host. */
  readonly connections: number;
  readonly fetchers: number;
  /** Seconds from one submit to the next. */
  readonly everySeconds: number;
}

export interface CountedDeployment extends DeploymentCase {
  readonly requests: Requests;
  /** Bytes of the largest `hosts/…` record. */
  readonly hostRecordBytes: number;
  /** Writes of those that lost their swap to another. */
  readonly lostHostSwaps: number;
  /** Transfers that were open at once, at most. */
  readonly mostOpen: number;
  /** The longest that one function was at a tick. */
  readonly longestTickSeconds: number;
  /** From the first submit to the last end. */
  readonly seconds: number;
}

/** All of a deployment, its tick too, on the code of the functions, in simulated time, until each is settled. */
export async function countDeployment(one: DeploymentCase): Promise<CountedDeployment> {
  const { transfers, hosts, pieceCount, pieceSeconds, connections, fetchers, everySeconds } = one;
  const time = new Timeline();
  const requests = new Requests();
  const seen = watched(countedRecords(requests, time));
  const sealed = new Map<string, SourceLocator>();
  let nth = 0;
  const destination = countedDestination(requests, time, () => {
    nth += 1;
    return 1000 * pieceSeconds * (0.5 + fractionOf(`piece ${nth}`));
  });
  const stages = startStages({
    time,
    requests,
    work: 'piece',
    hostConnections: connections,
    fetchers,
    portsOf: (shared) => ({
      ...shared,
      records: seen.records,
      secrets: countedSecrets(requests, time, sealed),
      sources: countedSources(pieceCount * PIECE_BYTES),
      destinations: () => destination,
      windows: windowPool({
        windowBytes: PIECE_BYTES,
        count: FETCHER_CONNECTIONS.most,
        allocate: (bytes) => Buffer.alloc(bytes),
      }),
    }),
  });
  const tick = ticking(stages.finalizer, time, requests);
  const startedAt = time.now();
  let isOver = false;
  const submitAll = async () => {
    for (let number = 0; number < transfers; number += 1) {
      if (number > 0) await time.sleep(1000 * everySeconds);
      await submit(stages.api, {
        source: { url: `https://host${number % hosts}.example/${number}` },
        destination: { kind: 's3', bucket: 'bucket', key: `key${number}` },
        object: {},
        options: { ...DEFAULT_OPTIONS, parallelism: Math.min(256, connections), pieceSizeBytes: PIECE_BYTES },
        owner: 'arn:aws:iam::123456789012:role/somebody',
      });
    }
  };
  const tickAlways = async () => {
    while (!isOver) {
      await time.sleep(MINUTE_MS);
      await tick.run();
    }
  };
  void submitAll();
  void tickAlways();
  await time.run(() => {
    isOver = seen.ended() === transfers;
    return isOver;
  });
  return {
    ...one,
    requests,
    hostRecordBytes: seen.hostRecordBytes(),
    lostHostSwaps: seen.lostHostSwaps(),
    mostOpen: seen.mostOpen(),
    longestTickSeconds: tick.longestMs / 1000,
    seconds: (time.now() - startedAt) / 1000,
  };
}

/** Looks at what is written, without a request. */
function watched(records: Records) {
  const open = new Set<string>();
  let [ended, mostOpen, hostRecordBytes, lostHostSwaps] = [0, 0, 0, 0];
  const note = ({ id, status, reason, ...rest }: TransferRecord) => {
    if (status === 'failed') throw new Error(`${id} has failed: ${reason?.message}`);
    if (!isSettled({ id, status, ...rest })) open.add(id);
    else if (open.delete(id)) ended += 1;
    mostOpen = Math.max(mostOpen, open.size);
  };
  return {
    ended: () => ended,
    mostOpen: () => mostOpen,
    hostRecordBytes: () => hostRecordBytes,
    lostHostSwaps: () => lostHostSwaps,
    records: {
      ...records,
      async put(key, value, on) {
        const isHost = key.path.startsWith('hosts/');
        try {
          const version = await records.put(key, value, on);
          if (isHost) hostRecordBytes = Math.max(hostRecordBytes, JSON.stringify(value).length);
          if (key.path.startsWith('transfers/')) note(value as unknown as TransferRecord);
          return version;
        } catch (error) {
          if (isHost) lostHostSwaps += 1;
          throw error;
        }
      },
    } satisfies Records,
  };
}
