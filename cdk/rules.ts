import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { BucketRule, DestinationRule, SourceRules } from '../lib/aws/names.ts';
import { USUAL_WORKERS } from '../lib/aws/names.ts';
import type { PieceworkDestination, PieceworkSourceBucket, Settings } from './props/props.ts';

/* What the settings say, as the functions read it from their environment. */

/** What a transfer costs depends on it. */
export function workersOf(settings: Settings): Readonly<Record<keyof typeof USUAL_WORKERS, string | number>> {
  const { fetcherMemoryMiB, plannerMemoryMiB, maxFetchers, hostConnections } = settings;
  return {
    ...USUAL_WORKERS,
    fetcherMemoryMiB,
    plannerMemoryMiB,
    maxFetchers,
    hostConnections,
    architecture: settings.architecture === Architecture.X86_64 ? 'x86' : 'arm64',
    resultsWindowSeconds: settings.resultsWindow.toSeconds(),
    pieceTimeoutSeconds: settings.pieceTimeout.toSeconds(),
  };
}

export function sourceRules(settings: Settings): SourceRules {
  const { allowHosts, denyHosts, privateHosts, ports, schemes } = settings;
  const buckets = settings.sourceBuckets.map(bucketRule);
  return { allowHosts, denyHosts, privateHosts, ports, schemes, buckets };
}

export function destinationRule(destination: PieceworkDestination): DestinationRule {
  const { owners } = destination;
  return owners === undefined ? bucketRule(destination) : { ...bucketRule(destination), owners };
}

function bucketRule({ bucket, prefix = '' }: PieceworkSourceBucket): BucketRule {
  return { bucket: bucket.bucketName, prefix };
}
