import { homedir } from 'node:os';
import { checkWebhook } from '../../transfer/hooks.ts';
import { stated } from '../../values/stated.ts';
import { VERSION } from '../../values/version.ts';
import type { LocalOptions } from '../api.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';
import { makeStateFolder } from '../home/state-folder.ts';
import { secretReaderOf } from '../sources/secret-references.ts';
import type { LocalNotifications, NotificationParts } from './notifications.ts';
import { localNotifications } from './notifications.ts';
import type { Sealer } from './seal.ts';
import { sealer } from './seal.ts';

interface HomeParts extends Pick<NotificationParts, 'stateDir' | 'records' | 'events' | 'clock'> {
  readonly options: LocalOptions;
  readonly environment: NodeJS.ProcessEnv;
  readonly destinations: LocalDestinations;
}

/**
 * The notifications of a home. On one machine nothing is guarded, as no source is: who names a webhook may contact
 * whatever this machine can.
 * @throws PieceworkError `InvalidOption` where the home's own webhook is none.
 */
export function homeNotifications(parts: HomeParts): LocalNotifications {
  const { options, environment, destinations, stateDir, ...rest } = parts;
  if (options.notify !== undefined) checkWebhook(options.notify);
  const secret = secretReaderOf(environment, environment['HOME'] || homedir());
  let made: Sealer | undefined;
  return localNotifications({
    ...rest,
    stateDir,
    secret,
    sealer() {
      made ??= sealer(makeStateFolder(stateDir));
      return made;
    },
    describe: ({ request }) => destinations.describe(request.destination),
    async post(webhook, notification) {
      // Loaded only where there is a webhook.
      const { postWebhook } = await import('../../events/webhooks/post.ts');
      return await postWebhook(webhook, notification, { userAgent: `piecework/${VERSION}` });
    },
    ...stated({ usual: options.notify }),
  });
}
