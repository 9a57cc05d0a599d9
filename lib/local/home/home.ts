import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Destination } from '../../destinations/destination.ts';
import type { DestinationKind } from '../../destinations/kind.ts';
import { makeFolder } from '../../disk/make-folder.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Events } from '../../events/events.ts';
import type { Subscriber } from '../../events/subscribers.ts';
import { fanOut } from '../../events/subscribers.ts';
import { folderRecords } from '../../records/folder/records.ts';
import { memoryRecords } from '../../records/memory.ts';
import type { Records } from '../../records/records.ts';
import { memorySecrets } from '../../secrets/memory.ts';
import { httpSource } from '../../sources/http/source.ts';
import type { Sources } from '../../sources/source.ts';
import { sourcesByScheme } from '../../sources/sources.ts';
import { systemClock } from '../../system/clock.ts';
import { systemIds } from '../../system/ids.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { STRAGGLERS } from '../../transfer/straggler.ts';
import type { Ids } from '../../values/random.ts';
import { filled } from '../../values/stated.ts';
import type { Clock } from '../../values/time.ts';
import type { HttpOptions, LocalOptions, S3Options } from '../api.ts';
import { localKinds } from '../destinations/kinds.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';
import { localDestinations } from '../destinations/local-destinations.ts';
import type { Engine } from '../engine/engine.ts';
import { createEngine } from '../engine/engine.ts';
import { localSizing } from '../engine/sizing.ts';
import { limitedSource, rateLimit } from '../sources/limit-rate.ts';
import { localSources } from '../sources/local-sources.ts';

export interface EngineWishes {
  /** @default 1 */
  readonly parallelism?: number;
  /** Asked for by the caller. @default the home's choice */
  readonly pieceSizeBytes?: number;
  /** @default the home's own; others where a probe was made before */
  readonly sources?: Sources;
  /** For looking at a transfer that another process may be at work on. @default false */
  readonly onlyLooks?: boolean;
}

/** What lives as long as `openLocal`'s result: connections, records, the clock. */
export interface Home extends AsyncDisposable {
  readonly stateDir: string;
  readonly destinations: LocalDestinations;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: Events;
  readonly records: Records;
  /** An engine for one transfer to this kind of destination. `sources` in place of the home's own, for a probe that was made before. */
  engine(kind: string, options?: EngineWishes): Promise<Engine>;
  readonly sources: Sources;
  /** Hears every event until it is disposed of. */
  listen(listener: Subscriber): Disposable;
  /** Lock file of whatever works on this destination on this machine. */
  lockPath(to: DestinationLocator): string;
  destinationKey(to: DestinationLocator): string;
}

/** @param furtherKinds of destination, besides those of every machine. */
export function openHome(
  options: LocalOptions,
  environment: NodeJS.ProcessEnv = process.env,
  furtherKinds: readonly DestinationKind[] = [],
): Home {
  const stateDir =
    options.stateDir ?? join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'piecework');
  const clock = systemClock;
  const { onEvent } = options;
  const listeners = new Set<Subscriber>(onEvent === undefined ? [] : [onEvent]);
  const events = fanOut([
    (event) => {
      for (const listener of listeners) void listener(event);
    },
  ]);
  const warn = (message: string) => onEvent?.({ type: 'warning', message });
  const connections = httpSettings(options.http ?? {}, environment);
  const all = localSources(httpSource(connections), options, connections, environment);
  const limit = options.limitRate === undefined ? undefined : rateLimit(options.limitRate, clock);
  const sources = sourcesByScheme(limit === undefined ? all : all.map((source) => limitedSource(source, limit)));
  const s3 = s3Settings(options.s3 ?? {}, environment);
  const destinations = localDestinations([...localKinds({ s3, stdout: options.stdout, warn }), ...furtherKinds]);
  let folder: Records | undefined;
  const records = (): Records => {
    folder ??= folderRecords({ folder: makeStateFolder(stateDir), warn });
    return folder;
  };

  const home: Home = {
    stateDir,
    destinations,
    clock,
    ids: systemIds,
    events,
    sources,
    get records() {
      return records();
    },
    async engine(name, { parallelism = 1, pieceSizeBytes, sources: engineSources = sources, onlyLooks = false } = {}) {
      const kind = destinations.kind(name);
      const sizing = localSizing({
        kind,
        parallelism,
        ...(pieceSizeBytes === undefined ? {} : { pieceSizeBytes }),
        ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
      });
      const destination = await kind.open({ windowBytes: sizing.windowBytes, onlyLooks });
      const engineRecords = kind.isResumable ? records() : memoryRecords();
      const ports = {
        records: engineRecords,
        secrets: memorySecrets(),
        sources: engineSources,
        destinations: (to: DestinationLocator): Destination => {
          if (to.kind === name) return destination;
          throw new PieceworkError('Internal', `an engine for ${name} was asked for ${to.kind}`);
        },
        events,
        clock,
        ids: systemIds,
      };
      return createEngine({
        home: ports,
        sizing: options.rescue === false ? sizing : { ...sizing, policy: { ...sizing.policy, stragglers: STRAGGLERS } },
        parallelism,
        dispose: async () => destination[Symbol.asyncDispose](),
      });
    },
    listen(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    destinationKey: (to) => createHash('sha256').update(destinations.identity(to)).digest('hex'),
    lockPath(to) {
      return join(makeStateFolder(join(stateDir, 'locks')), `${home.destinationKey(to)}.lock`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all, destinations].map((each) => each[Symbol.asyncDispose]()));
    },
  };
  return home;
}

function makeStateFolder(path: string): string {
  try {
    makeFolder(path, 0o700);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new PieceworkError(
      'DestinationNotWritable',
      `the state folder ${path} can't be made (${why}); give another with --state-dir`,
      { cause },
    );
  }
  return path;
}

function httpSettings(http: HttpOptions, environment: NodeJS.ProcessEnv) {
  const { caFile, proxy, ...timeouts } = http;
  const variable = (name: string) => environment[name] || environment[name.toLowerCase()];
  const wanted = {
    // Only in lower case, as in curl: the upper-case form can be set by whoever calls a CGI program.
    httpProxy: proxy === undefined ? environment['http_proxy'] : proxy.http,
    httpsProxy: proxy === undefined ? variable('HTTPS_PROXY') : proxy.https,
    noProxy: proxy === undefined ? variable('NO_PROXY') : proxy.no,
  };
  return { ...timeouts, proxy: filled(wanted), ...(caFile === undefined ? {} : { ca: readCa(caFile) }) };
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new PieceworkError('InvalidOption', `the CA file ${path} can't be read (${why})`, { cause });
  }
}

function s3Settings(s3: S3Options, environment: NodeJS.ProcessEnv): S3Options {
  const endpointUrl = s3.endpointUrl ?? (environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL']);
  return endpointUrl === undefined ? s3 : { ...s3, endpointUrl };
}
