import { WINDOW_COUNT } from '../../lib/aws/names.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { bringOne } from './bring-one.ts';
import { countedDestination, countedRecords, countedSecrets, Requests } from './requests.ts';
import { countedSources } from './source.ts';
import { startStages } from './stages.ts';
import { Timeline } from './timeline.ts';

const PART_BYTES = 16;

export interface StreamCase {
  readonly parts: number;
  /** One part takes so long, source and store together. */
  readonly partSeconds: number;
}

export interface CountedStream extends StreamCase {
  readonly requests: Requests;
  /** Of the planner's function: the plan, the stream, the completion. */
  readonly plannerRuns: number;
  readonly finalizerRuns: number;
  readonly seconds: number;
}

/** As `countTransfer`, of a source without ranges: its planner hands it over to the workers of streams. */
export async function countStream({ parts, partSeconds }: StreamCase): Promise<CountedStream> {
  const time = new Timeline();
  const requests = new Requests();
  const records = countedRecords(requests, time);
  const sealed = new Map<string, SourceLocator>();
  const destination = countedDestination(requests, time, () => 1000 * partSeconds);
  const { api, runs } = startStages({
    time,
    requests,
    work: 'piece',
    hostConnections: 1,
    portsOf: (shared) => ({
      ...shared,
      records,
      secrets: countedSecrets(requests, time, sealed),
      sources: countedSources(parts * PART_BYTES, { ranges: false }),
      destinations: () => destination,
      windows: windowPool({ windowBytes: PART_BYTES, count: WINDOW_COUNT, allocate: (bytes) => Buffer.alloc(bytes) }),
    }),
  });
  const seconds = await bringOne({ time, requests, api, parallelism: 1, pieceSizeBytes: PART_BYTES });
  return { parts, partSeconds, requests, plannerRuns: runs.planner, finalizerRuns: runs.finalizer, seconds };
}
