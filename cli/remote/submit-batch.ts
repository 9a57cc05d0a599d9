import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ApiClient } from '../../lib/api/client/client.ts';
import type { SubmitBatchRequest } from '../../lib/api/schemas/batches/request.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { redactUrl } from '../../lib/errors/redact.ts';
import type { Entry } from '../../lib/lists/entry.ts';
import { noteText } from '../../lib/lists/note.ts';
import { formatOf } from '../../lib/lists/options.ts';
import { isUrl, placeHere } from '../../lib/local/batch/list/list-place.ts';
import { placeInS3 } from '../../lib/transfer/written-place.ts';
import { stated } from '../../lib/values/stated.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { reading } from '../options/batch-request.ts';
import { copyRequest } from '../options/request.ts';
import type { Settings } from '../options/table.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { VerbCall } from '../verb.ts';
import { destinationHere, folderHere } from './server/destination-here.ts';
import { priorityOf } from './server/queue-verbs.ts';
import { eachRemoteSource, remoteSource } from './source.ts';
import { remoteObject, saySubmitted, submitOptions } from './submitted.ts';
import { throwUnlessWhole, watchBatch } from './watch/watch-batch.ts';
import { sayHome } from './with-deployment.ts';

type Entries = NonNullable<SubmitBatchRequest['entries']>;

/** What a deployment takes in one request, less what stands around the entries. */
const MOST_BYTES = 4 * 1024 ** 2 - 128 * 1024;

interface ReadHere {
  /** Absent = the deployment reads the list. */
  readonly entries?: Entries;
  /** What was passed over. */
  readonly notes: readonly string[];
}

const READ_THERE: ReadHere = { notes: [] };

/**
 * Gives a list to a deployment: one with a URL is read there; a file of this machine, or stdin, is read here, and its
 * entries go with the request. The server of this machine reads files by itself.
 */
export async function submitBatch(call: VerbCall, client: ApiClient, isHere: boolean): Promise<void> {
  const { settings, context, extras } = call;
  const [list = '', to = ''] = call.arguments;
  const { request, notes } = await batchRequestOf(list, { to, isHere }, settings, context.signal);
  sayHome(call, client);
  if (settings.json !== true && settings.quiet !== true)
    for (const note of notes) writeLine(context.stderr, printable(`list: ${note}`));
  const preferred = stated({ priority: priorityOf(extras['priority']) });
  const batch = await client.submitBatch({ ...request, ...preferred }, submitOptions(call));
  saySubmitted(call, batch);
  const last = extras['watch'] === true ? await watchBatch(call, client, batch.id) : undefined;
  if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, batch: last ?? batch });
  if (last !== undefined) throwUnlessWhole(last);
}

/** What the settings of a batch mean to a deployment, or to the server of this machine. */
export async function batchRequestOf(
  list: string,
  { to, isHere }: { readonly to: string; readonly isHere: boolean },
  settings: Settings,
  signal: AbortSignal,
): Promise<{ readonly request: SubmitBatchRequest; readonly notes: readonly string[] }> {
  const destination = isHere ? folderHere(to) : prefixOf(to);
  // What is said of one source holds for each, and for the list.
  const { source, object, options, notify } = copyRequest(isUrl(list) ? list : '', undefined, settings);
  const each = eachRemoteSource(source, settings);
  const isFile = isHere && list !== '-' && !isUrl(list);
  const { entries, notes } = isFile || isUrl(list) ? READ_THERE : await entriesOf(list, settings, signal);
  const at = isFile ? { url: pathToFileURL(resolve(list)).href } : remoteSource(source, settings);
  const request: SubmitBatchRequest = {
    ...(entries === undefined ? { list: { ...at, ...stated({ reading: remoteReading(settings) }) } } : { entries }),
    destination,
    ...(Object.keys(each).length === 0 ? {} : { source: each }),
    object: remoteObject(object),
    ...stated({ notify }),
    options: stated({
      ifExists: options?.ifExists,
      maxAttempts: settings.maxAttempts,
      strict: settings.strict,
      perHost: settings.perHost,
      perHostPerMinute: settings.perHostRate,
      maxFailures: settings.maxFailures,
      maxDurationMs: settings.maxDuration,
      minAgeMs: settings.minAge,
      checksums: settings.checksums === undefined ? undefined : [...settings.checksums],
      parallelism: isHere ? settings.parallel : undefined,
      report: settings.skipReport === true ? false : reportHere(settings),
    }),
  };
  return { request, notes };
}

/** As a request says it. */
function remoteReading(settings: Settings): NonNullable<SubmitBatchRequest['list']>['reading'] {
  const { format, columns, digests, skipEmpty, include, exclude, ...rest } = reading(settings);
  const copyOf = (texts: readonly string[] | undefined) => (texts === undefined ? undefined : [...texts]);
  const all = stated({
    ...rest,
    format: format === undefined ? undefined : formatOf(format),
    columns: columns === undefined ? undefined : stated(columns),
    digests: copyOf(digests),
    skipEmpty: copyOf(skipEmpty),
    include: copyOf(include),
    exclude: copyOf(exclude),
  });
  return Object.keys(all).length === 0 ? undefined : all;
}

/** @throws PieceworkError `InvalidList`, which names the first line that is no entry: nothing is submitted. */
async function entriesOf(list: string, settings: Settings, signal: AbortSignal): Promise<ReadHere> {
  // Loaded only where there is a list: its readers bring parsers along.
  const { readWholeList } = await import('../../lib/lists/whole/read-whole-list.ts');
  const { format, ...others } = reading(settings);
  const read = await readWholeList(placeHere(list, signal), {
    onCollision: 'fail',
    ...others,
    ...stated({
      format: format === undefined ? undefined : formatOf(format),
      fileName: list === '-' ? undefined : basename(list),
    }),
  });
  const entries: Entries = [];
  let bytes = 0;
  for await (const listed of read) {
    if (listed.kind !== 'entry') {
      // It is left out, as was asked for.
      if (listed.collidesWith !== undefined && others.onCollision === 'first') continue;
      throw new PieceworkError('InvalidList', `${listed.message}; nothing was submitted`);
    }
    const entry = requested(listed);
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes > MOST_BYTES)
      throw new PieceworkError(
        'RequestTooLarge',
        `the list ${list} has more than a deployment takes in one request (4 MiB): ${BY_URL}, or submit it in parts (--limit, --include)`,
      );
    entries.push(entry);
  }
  if (entries.length === 0) throw new PieceworkError('InvalidList', `the list ${list} has no entries`);
  return { entries, notes: read.notes().map(noteText) };
}

/** @throws PieceworkError `InvalidList` where a request has no room for what the list says of it. */
function requested(entry: Entry): Entries[number] {
  const { sources, name, sizeBytes, digests, headers, checksumsFrom } = entry;
  if (checksumsFrom !== undefined)
    throw new PieceworkError(
      'InvalidList',
      `the digest of ${name} stands in another file, ${redactUrl(checksumsFrom)}, which can't be said in a request; nothing was submitted: ${BY_URL}`,
    );
  return {
    sources: [...sources],
    name,
    ...stated({
      sizeBytes,
      digests: Object.keys(digests).length === 0 ? undefined : { ...digests },
      headers: headers === undefined ? undefined : { ...headers },
    }),
  };
}

const BY_URL = 'put the list where the deployment reads, and give its URL, such as s3://bucket/list.csv';

function reportHere({ report }: Settings): string | undefined {
  return report === undefined ? undefined : destinationHere(report);
}

/** @throws PieceworkError `InvalidDestination`. */
function prefixOf(to: string): SubmitBatchRequest['destination'] {
  const written = placeInS3(to);
  if (written !== undefined && (written.key === '' || written.key.endsWith('/')))
    return { bucket: written.bucket, prefix: written.key };
  throw new PieceworkError(
    'InvalidDestination',
    'a deployment brings a batch under a prefix of a bucket: DEST is s3://bucket/prefix/, with a slash at its end',
  );
}
