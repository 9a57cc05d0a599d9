import { checkAlarms } from './checks/alarms.ts';
import { checkLifecycles, checkUploads } from './checks/destinations.ts';
import { checkConcurrency, checkFunctions, checkVersions } from './checks/functions.ts';
import { checkNetwork } from './checks/network.ts';
import { checkLetters, checkNotifications, checkQueues } from './checks/queues.ts';
import { checkMarkers, checkRecords } from './checks/records.ts';
import { checkRights } from './checks/rights.ts';
import { checkStack } from './checks/stack.ts';
import { checkEventSources, checkPause, checkSchedule } from './checks/switches.ts';
import type { Finding } from './finding.ts';
import type { DeploymentSeen } from './seen.ts';

/** In the order in which one looks when something is wrong: is it on, does it run, what waits, what is left. */
const CHECKS: readonly ((seen: DeploymentSeen) => readonly Finding[])[] = [
  checkStack,
  checkPause,
  checkEventSources,
  checkSchedule,
  checkFunctions,
  checkVersions,
  checkConcurrency,
  checkRights,
  checkNetwork,
  checkAlarms,
  checkQueues,
  checkNotifications,
  checkLetters,
  checkMarkers,
  checkRecords,
  checkUploads,
  checkLifecycles,
];

/** What a deployment looks like from outside: pure, from what was read. */
export function examine(seen: DeploymentSeen): readonly Finding[] {
  return CHECKS.flatMap((check) => check(seen));
}
