import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { eventBridgeEvents } from '../events/eventbridge/events.ts';
import type { Events } from '../events/events.ts';
import type { Log } from '../events/log/events.ts';
import { jsonLog } from '../events/log/events.ts';
import type { Metrics } from '../events/metrics/events.ts';
import { emfMetrics } from '../events/metrics/events.ts';
import { loadTransfer } from '../pipeline/shared/store.ts';
import type { Records } from '../records/records.ts';
import { describeDestination } from './destinations.ts';
import type { Environment } from './environment.ts';
import { EVENT_SOURCE, METRICS_NAMESPACE, serviceName } from './names.ts';

/** What every event goes to: log, metrics, and the event bus where this function has one. */
export interface Subscribers {
  /** Hands each event to all of them. */
  readonly events: Events;
  readonly log: Log;
  readonly metrics: Metrics;
}

export function openSubscribers({
  stage,
  version,
  deployment,
  eventBus,
}: Environment): (records: Records) => Subscribers {
  const service = serviceName(stage);
  const log = jsonLog({ service, version });
  const metrics = emfMetrics({ namespace: METRICS_NAMESPACE, dimensions: { deployment, service } });
  const client = eventBus === undefined ? undefined : new EventBridgeClient({});
  return (records) => {
    const bus =
      client === undefined || eventBus === undefined
        ? undefined
        : eventBridgeEvents({
            client,
            busName: eventBus,
            source: EVENT_SOURCE,
            onFailure: (error) => log.failed('an event could not be sent', error),
            describe: async (transferId) => {
              const record = (await loadTransfer({ records }, transferId))?.record;
              if (record === undefined) return undefined;
              const { run, request, owner, actedBy } = record;
              const destination = describeDestination(request.destination);
              return {
                run,
                source: request.source.url,
                destination,
                owner,
                ...(actedBy === undefined ? {} : { actedBy }),
                ...(request.labels === undefined ? {} : { labels: request.labels }),
              };
            },
          });
    const events: Events = {
      async emit(event) {
        // The bus first: an end that could not be sent there is emitted again, and would be counted twice.
        await bus?.emit(event);
        log.event(event);
        metrics.event(event);
      },
    };
    return { events, log, metrics };
  };
}
