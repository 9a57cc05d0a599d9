import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { eventBridgeEvents } from '../events/eventbridge/events.ts';
import type { Events } from '../events/events.ts';
import type { Log } from '../events/log/events.ts';
import { loadTransfer } from '../pipeline/shared/store.ts';
import type { Records } from '../records/records.ts';
import { describeDestination } from './destinations.ts';
import { EVENT_SOURCE } from './names.ts';

/** The event bus of a deployment. */
export function openBus(busName: string, records: Records, log: Log): Events {
  return eventBridgeEvents({
    client: new EventBridgeClient({}),
    busName,
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
}
