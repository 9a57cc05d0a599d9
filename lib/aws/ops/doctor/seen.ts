import type { PauseNote } from '../../../records/records.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { Instant } from '../../../values/time.ts';
import type { BucketRule, DeployedName } from '../../names.ts';
import type { Deployment, OfEachFunction, OfEachQueue } from '../deployment/deployment.ts';
import type { EventSource } from '../pause/switches.ts';
import type { QueueDepth } from '../queue-depths.ts';
import type { Marker } from '../read-only.ts';

/**
 * What was read, or why it could not be: mostly a right that the caller has not; or what is asked for is not offered
 * where the deployment is, as on a stand-in for AWS.
 */
export type Seen<T> = { readonly value: T } | { readonly unseen: string; readonly isAbsent?: true };

export interface FunctionSeen {
  readonly name: string;
  /** `Active`, `Pending`, `Inactive`, `Failed`. */
  readonly state: string;
  /** Of its last change: `Successful`, `Failed`, `InProgress`. */
  readonly lastUpdate: string;
  /** Of Piecework. Absent = its environment does not say. */
  readonly version?: string;
  /** Why it can't start with this environment. Absent = it can. */
  readonly wrongEnvironment?: string;
  /** Why it is not `Active`, or its last change failed, by Lambda's name: `SubnetOutOfIPAddresses`. */
  readonly reason?: string;
  /** Set by a person or a prop; 0 = it never runs. Absent = none. */
  readonly reservedConcurrency?: number;
}

export interface AlarmSeen {
  readonly name: string;
  readonly state: string;
  /** Of several that say the same: it is on where one of them is. */
  readonly isGroup: boolean;
  /** It has actions, and they were switched off by hand. */
  readonly isSilenced: boolean;
  /** Of docs/runbook.md, as an anchor. */
  readonly see?: string;
  /** ISO 8601. */
  readonly since?: string;
}

export interface OpenUploadSeen {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedAt: Instant;
}

/** A place that transfers may write to. */
export interface DestinationSeen {
  readonly rule: BucketRule;
  /** Days after which the bucket aborts what is left of uploads there. `undefined` = never. */
  readonly abortsAfterDays: Seen<number | undefined>;
  /** Those that the functions of this deployment may have begun. */
  readonly uploads: Seen<readonly OpenUploadSeen[]>;
}

/** The records of what markers tell of; of very many, the oldest ones. */
export interface RecordsSeen {
  readonly transferMarkers: readonly Marker[];
  readonly batchMarkers: readonly Marker[];
  /** By id; of a marker whose record was read and is not there, `undefined`. */
  readonly transfers: ReadonlyMap<string, TransferRecord | 'unreadable' | undefined>;
  /** Every marker's record was read. */
  readonly isComplete: boolean;
}

/** Rights on one resource that a function should have, and has not. */
export interface MissingRights {
  readonly stage: DeployedName;
  readonly actions: readonly string[];
  readonly resource: string;
  /** A policy denies them; otherwise none allows them. */
  readonly isDenied: boolean;
}

/**
 * Where what is for everywhere else is sent: `none` = nowhere, `broken` = to what is gone, `other` = a NAT gateway or
 * what stands for one.
 */
export type WayOut = 'none' | 'broken' | 'internet gateway' | 'other';

export interface SubnetSeen {
  readonly id: string;
  readonly wayOut: WayOut;
  /** A gateway endpoint for S3 is in its route table. */
  readonly hasS3Route: boolean;
  /** Absent = it was not said. */
  readonly freeAddresses?: number;
}

/** A VPC in which functions run, as far as they depend on it. */
export interface NetworkSeen {
  readonly vpcId: string;
  /** Services of AWS with an interface endpoint there: `sqs`, `events`. */
  readonly services: readonly string[];
  /** Of the functions. */
  readonly subnets: readonly SubnetSeen[];
}

/** All that a look at a deployment reads. */
export interface DeploymentSeen {
  readonly now: Instant;
  /** Of the command that looks. */
  readonly version: string;
  readonly deployment: Deployment;
  readonly eventSources: Seen<readonly EventSource[]>;
  readonly isScheduled: Seen<boolean>;
  readonly pause: Seen<PauseNote | undefined>;
  readonly depths: OfEachQueue<Seen<QueueDepth>>;
  /** Seconds for which the oldest message has waited; `undefined` = none has. */
  readonly ages: Seen<Readonly<Record<'plans' | 'streams' | 'pieces' | 'results', number | undefined>>>;
  readonly functions: OfEachFunction<Seen<FunctionSeen>>;
  /** Functions of the account and Region that may run at once, without what is reserved. */
  readonly concurrency: Seen<number>;
  readonly alarms: Seen<readonly AlarmSeen[]>;
  /** Any metric was ever made of what its functions log. */
  readonly hasMetrics: Seen<boolean>;
  readonly records: Seen<RecordsSeen>;
  readonly destinations: Seen<readonly DestinationSeen[]>;
  readonly rights: Seen<readonly MissingRights[]>;
  /** None where no function runs in a VPC. */
  readonly network: Seen<readonly NetworkSeen[]>;
}
