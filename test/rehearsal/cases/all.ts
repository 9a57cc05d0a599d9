import type { Case } from '../case.ts';
import { bucketDeleted } from './bucket-deleted.ts';
import { destinationDenied } from './destination-denied.ts';
import { finalizerDies, plannerDies } from './function-dies.ts';
import { noTick } from './no-tick.ts';
import { parked } from './parked.ts';
import { queuePurged } from './queue-purged.ts';
import { recordsUnwritable } from './records-unwritable.ts';
import { streamDies } from './stream-dies.ts';
import { streamsWait } from './streams-wait.ts';
import { wrongClock } from './wrong-clock.ts';

/** In the order in which they are rehearsed. */
export const CASES: readonly Case[] = [
  destinationDenied,
  parked,
  plannerDies,
  streamDies,
  finalizerDies,
  streamsWait,
  recordsUnwritable,
  queuePurged,
  noTick,
  wrongClock,
  bucketDeleted,
];
