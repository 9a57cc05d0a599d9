import { isForTheBus } from '../events/eventbridge/detail-types.ts';
import type { Events } from '../events/events.ts';
import type { Log } from '../events/log/events.ts';
import { jsonLog } from '../events/log/events.ts';
import type { Metrics } from '../events/metrics/events.ts';
import { emfMetrics } from '../events/metrics/events.ts';
import type { Records } from '../records/records.ts';
import type { Environment } from './environment.ts';
import { METRICS_NAMESPACE, serviceName } from './names.ts';

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
  return (records) => {
    let bus: Promise<Events> | undefined;
    const events: Events = {
      async emit(event) {
        // The bus first: an end that could not be sent there is emitted again, and would be counted twice.
        if (eventBus !== undefined && isForTheBus(event)) {
          // Few runs of a function have anything for it: none begins with it.
          bus ??= import('./bus.ts').then(({ openBus }) => openBus(eventBus, records, log));
          await (await bus).emit(event);
        }
        log.event(event);
        metrics.event(event);
      },
    };
    return { events, log, metrics };
  };
}
