import type { DestinationKind } from '../../destinations/kind.ts';
import type { Events } from '../../events/events.ts';
import type { Subscriber } from '../../events/subscribers.ts';
import { fanOut } from '../../events/subscribers.ts';
import type { FolderRecords } from '../../records/folder/records.ts';
import { folderRecords } from '../../records/folder/records.ts';
import { watchRoom } from '../../records/folder/watch.ts';
import type { Records } from '../../records/records.ts';
import { httpSource } from '../../sources/http/source.ts';
import { withSecretPaths } from '../../sources/secret-path.ts';
import type { Sources } from '../../sources/source.ts';
import { sourcesByScheme } from '../../sources/sources.ts';
import { systemClock } from '../../system/clock.ts';
import { systemIds } from '../../system/ids.ts';
import type { Ids } from '../../values/random.ts';
import { stated } from '../../values/stated.ts';
import type { Clock } from '../../values/time.ts';
import type { LocalOptions } from '../api.ts';
import { localKinds } from '../destinations/kinds.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';
import { localDestinations } from '../destinations/local-destinations.ts';
import type { Engine } from '../engine/engine.ts';
import { createEngine } from '../engine/engine.ts';
import type { LocalNotifications } from '../notifications/notifications.ts';
import { homeNotifications } from '../notifications/of-home.ts';
import { limitedSource, rateLimit } from '../sources/limit-rate.ts';
import { localSources } from '../sources/local-sources.ts';
import { httpSettings, s3Settings } from './connection-settings.ts';
import type { DestinationLocks } from './destination-locks.ts';
import { destinationLocks } from './destination-locks.ts';
import type { Limits, LimitValues } from './limits.ts';
import { engineLimits, homeLimits, timetableOf } from './limits.ts';
import type { NoticedRecords } from './noticed-records.ts';
import { noticedRecords } from './noticed-records.ts';
import { withRememberedHosts } from './remembered-hosts.ts';
import { makeStateFolder, stateFolderOf, whoElseWrites } from './state-folder.ts';

/** What lives as long as `openLocal`'s result: the engine, connections, records, the clock. */
export interface Home extends AsyncDisposable {
  readonly stateDir: string;
  readonly destinations: LocalDestinations;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: Events;
  /** Until it is disposed of, the subscriber gets every event as well. */
  listen(subscriber: Subscriber): Disposable;
  readonly records: Records;
  /**
   * Until it is disposed of, called with the path of each record of a transfer or batch that changes: at once where
   * this process does it, soon after where another one does. It may say one twice.
   */
  watchRecords(onChange: (path: string) => void): Disposable;
  readonly sources: Sources;
  readonly locks: DestinationLocks;
  readonly engine: Engine;
  readonly notifications: LocalNotifications;
  /** What bounds all that runs here. */
  readonly limits: Limits;
  /** Removes what killed processes left in the state folder that nothing would come across again. */
  tidy(): Promise<void>;
}

const WATCHED_ROOMS = ['transfers', 'batches'];

function ownFolder(path: string, warn: (message: string) => void): string {
  const others = whoElseWrites(makeStateFolder(path));
  if (others !== undefined)
    warn(`the state folder ${path} ${others}, who could change what Piecework believes; chmod 700 it, or give another`);
  return path;
}

/** What a home is put together with besides what every machine has. */
export interface HomeParts {
  /** Further kinds of destination. */
  readonly kinds?: readonly DestinationKind[];
  /** In place of the home's own sources, of which it may make use. */
  readonly sources?: (own: Sources) => Sources;
}

export function openHome(
  options: LocalOptions,
  environment: NodeJS.ProcessEnv = process.env,
  { kinds = [], sources: sourcesFrom = (own) => own }: HomeParts = {},
): Home {
  const stateDir = stateFolderOf(options.stateDir, environment);
  const clock = systemClock;
  const ids = systemIds;
  const { onEvent, backoff, rescue = true, limitRate } = options;
  const { running, connections: most, perHost, directWrites } = options;
  const given: LimitValues = stated({
    running,
    connections: most,
    perHost,
    limitRate: limitRate === undefined ? undefined : String(limitRate),
  });
  const subscribers: Subscriber[] = onEvent === undefined ? [] : [onEvent];
  const events = fanOut(subscribers);
  const warn = (message: string) => onEvent?.({ type: 'warning', message });
  const connections = httpSettings(options.http ?? {}, environment);
  const all = localSources(httpSource(connections), options, connections, environment);
  const rate = rateLimit(timetableOf(limitRate), clock);
  const limited = all.map((source) => limitedSource(source, rate));
  const sources = sourcesFrom(sourcesByScheme(limited.map(withSecretPaths)));
  const s3 = s3Settings(options.s3 ?? {}, environment);
  const destinations = localDestinations([...localKinds({ s3, stdout: options.stdout, warn, directWrites }), ...kinds]);
  let opened: { readonly folder: FolderRecords; readonly noticed: NoticedRecords } | undefined;
  const own = () => {
    if (opened !== undefined) return opened;
    const folder = folderRecords({ folder: ownFolder(stateDir, warn), warn, keepsLocks: true });
    opened = { folder, noticed: noticedRecords(withRememberedHosts(folder, clock)) };
    return opened;
  };
  const locks = destinationLocks(stateDir, destinations);
  const notifications = homeNotifications({
    options,
    environment,
    events,
    clock,
    stateDir,
    destinations,
    records: () => own().noticed.records,
  });
  const engine = createEngine({
    ports: { sources, events, notifications, clock, ids },
    records: () => own().noticed.records,
    freshRecords: () => own().folder,
    destinations,
    limits: engineLimits(given),
    rescue,
    ...(backoff === undefined ? {} : { backoff }),
  });

  return {
    stateDir,
    destinations,
    clock,
    ids,
    events,
    listen(subscriber) {
      subscribers.push(subscriber);
      return {
        [Symbol.dispose]() {
          const index = subscribers.indexOf(subscriber);
          if (index >= 0) subscribers.splice(index, 1);
        },
      };
    },
    sources,
    engine,
    notifications,
    limits: homeLimits(given, { engine, rate }),
    locks,
    get records() {
      return own().noticed.records;
    },
    watchRecords(onChange) {
      const watched = WATCHED_ROOMS.map((room) => watchRoom(stateDir, room, onChange));
      const noticed = own().noticed.listen((path) => {
        if (WATCHED_ROOMS.some((room) => path.startsWith(`${room}/`))) onChange(path);
      });
      return {
        [Symbol.dispose]() {
          for (const each of [...watched, noticed]) each[Symbol.dispose]();
        },
      };
    },
    async tidy() {
      await own().folder.tidy();
      await locks.tidy();
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await opened?.folder[Symbol.asyncDispose]();
      await Promise.all([...all, destinations].map((each) => each[Symbol.asyncDispose]()));
    },
  };
}
