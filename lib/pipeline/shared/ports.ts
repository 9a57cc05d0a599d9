import type { Destinations } from '../../destinations/destination.ts';
import type { Events, Notifications } from '../../events/events.ts';
import type { Queue } from '../../queues/queue.ts';
import type { Records } from '../../records/records.ts';
import type { SealedDocuments, Secrets } from '../../secrets/secrets.ts';
import type { Sources } from '../../sources/source.ts';
import type { ShardLimits } from '../../transfer/batch/shards.ts';
import type { Usage } from '../../transfer/cost/usage.ts';
import type { DecidePolicy } from '../../transfer/decide/decision.ts';
import type {
  BatchFinalizerMessage,
  BatchPlannerMessage,
  FinalizerMessage,
  PieceTask,
  PlannerMessage,
  ShardTask,
  StreamTask,
} from '../../transfer/messages.ts';
import type { PlanPolicy } from '../../transfer/plan/divide-pieces.ts';
import type { QuotaRules } from '../../transfer/quotas.ts';
import type { StragglerRule } from '../../transfer/straggler.ts';
import type { WindowPool } from '../../values/bytes.ts';
import type { Ids } from '../../values/random.ts';
import type { Clock } from '../../values/time.ts';

/** All that the use cases know of the world. A home (`lib/local`, `lib/aws`, the simulation) puts it together. */
export interface Ports {
  readonly records: Records;
  readonly secrets: Secrets;
  readonly sources: Sources;
  readonly destinations: Destinations;
  readonly queues: {
    readonly planner: Queue<PlannerMessage>;
    /** Absent = what is to come on one connection is brought by the planner that finds it to be so. */
    readonly streams?: Queue<StreamTask>;
    readonly fetcher: Queue<PieceTask>;
    readonly finalizer: Queue<FinalizerMessage>;
  };
  readonly events: Events;
  /** Absent = no one can be named to be notified of an end. */
  readonly notifications?: Notifications;
  readonly windows: WindowPool;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: Policy;
  /** Absent = what is used costs nothing here, and is not counted. */
  readonly usage?: UsageMeter;
  /** In a home that brings batches as a fleet of workers. Absent = it takes none. */
  readonly fleet?: BatchFleet;
}

/** Counts what the work at hand uses: one message, or one request. */
export interface UsageMeter {
  /** So far, besides what was taken. */
  used(): Usage;
  /** A record or a message says it now. */
  take(used: Usage): void;
}

export interface BatchFleet {
  readonly sealed: SealedDocuments;
  /** How lists are cut. @default up to 256 entries of a shard */
  readonly shardLimits?: ShardLimits;
  /** The same queues as those of transfers. */
  readonly queues: {
    readonly planner: Queue<BatchPlannerMessage>;
    readonly fetcher: Queue<ShardTask>;
    readonly finalizer: Queue<BatchFinalizerMessage>;
  };
}

/** What differs between homes, as data. */
export interface Policy {
  readonly plan: PlanPolicy;
  readonly decide: DecidePolicy;
  /** Age that a record may have when a fetcher looks at it. */
  readonly recordCacheMs: number;
  /**
   * After this no request of a dead worker can land any more: record cache age + longest
   * function time-out + 5 min on AWS.
   */
  readonly graceMs: number;
  /**
   * Whether parts may be on their way that workers of this very process sent: then a look whether an aborted upload is
   * gone says nothing yet. @default false
   */
  readonly mayStillLand?: () => boolean;
  /** A destination that does not answer is asked for so long before a transfer ends without knowing its outcome. */
  readonly proofPatienceMs: number;
  /** After this a recorded intent without an upload is an orphan. */
  readonly orphanAgeMs: number;
  /**
   * After this, a submit or retry that put its marker, and not its record, is dead for certain.
   * @default not before `orphanAgeMs`
   */
  readonly deadSubmitMs?: number;
  /**
   * After this the planner of a recorded intent is dead for certain, and its Create has arrived or never
   * will: what it came to can be asked.
   * @default never certain: after `orphanAgeMs` and `plannerLifeMs`
   */
  readonly deadCreateMs?: number;
  /** How long a planner can live; bounds the age of what it created. */
  readonly plannerLifeMs: number;
  /** How long a worker can be at one stream; what needs longer is refused as soon as that shows. @default no end */
  readonly streamLifeMs?: number;
  /** How long a worker can be at one piece; pieces are as small as that asks of a slow source. @default no end */
  readonly pieceLifeMs?: number;
  /** Pieces in flight for a transfer that wants `parallelism` of them. */
  places(parallelism: number): number;
  /**
   * Sealed sources outlive the process, and this worker may have no right to read them: a retry
   * goes by what is sealed already.
   * @default false
   */
  readonly keepsSealed?: boolean;
  /**
   * A schedule ticks every transfer in which work remains: what has to wait needs no tick of its own, which
   * would beget another at each tick.
   * @default false
   */
  readonly isTicked?: boolean;
  /**
   * A completed transfer of which nothing is left but its marker is announced, and the marker deleted, without a write
   * of `announced` in between: a marker that is gone says it. Only where a tick looks at every marker.
   * @default false
   */
  readonly endsByMarker?: boolean;
  /**
   * Ends that are no completion stand in a list of their own, since the store of records can't be searched.
   * @default false: the home finds them without
   */
  readonly listsNotCompleted?: boolean;
  /** This worker has no right to clean up: a tick tells the finalizer to. @default false */
  readonly settlesElsewhere?: boolean;
  /**
   * Connections to one host for all its transfers together, until something better was learned.
   * @default no ceiling: one person's own choice
   */
  readonly hostCeiling?: number;
  /**
   * Its worker takes a connection of the host for as long as it reads, and no longer: the ceiling of a host bounds
   * connections, and not pieces in flight.
   * @default false: a piece in flight is a connection
   */
  readonly countsConnections?: boolean;
  /** What each owner may have at most. @default there are no bounds, and nothing is counted */
  readonly quotas?: QuotaRules;
  /** When a slow piece is issued once more. @default never */
  readonly stragglers?: StragglerRule;
}
