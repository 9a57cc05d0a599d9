import type { SubmitRequest } from '../../lib/api/schemas/request.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { nameBySource, placeInS3 } from '../../lib/transfer/written-place.ts';
import { stated } from '../../lib/values/stated.ts';
import { copyRequest } from '../options/request.ts';
import type { Settings } from '../options/table.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { Verb } from '../verb.ts';
import { DEPLOYMENT_EXTRAS, openDeployment, openServer } from './deployment.ts';
import { destinationHere } from './server/destination-here.ts';
import { priorityOf } from './server/queue-verbs.ts';
import { remoteSource } from './source.ts';
import { submitBatch } from './submit-batch.ts';
import { remoteObject, saySubmitted, submitOptions } from './submitted.ts';
import { watchTransfer } from './watch/watch-transfer.ts';
import { sayHome } from './with-deployment.ts';

export const submitVerb: Verb = {
  name: 'submit',
  summary: 'have a deployment, or the server of this machine, bring a URL',
  description:
    "Submits a transfer to a deployment's API, or where none is named to piecework serve on this machine, and returns: the " +
    'work is done there. stdout carries one line, the id of the transfer. With --watch it is followed to its end, and the exit code says how it ended.',
  arguments: [
    { term: '<SOURCE>', help: 'URL of a scheme that is allowed there, or @file with one in it' },
    {
      term: '<DEST>',
      help: "s3://bucket/key, or s3://bucket/prefix/ for the URL's own name, where the deployment may write; here a path, too",
    },
  ],
  settings: 'submit',
  extras: [
    { name: 'watch', help: 'follow it until it has ended' },
    { name: 'priority', placeholder: 'N', help: 'higher runs first, from -100 to 100 (piecework serve; default: 0)' },
    { name: 'paused', help: 'it does not run before piecework resume (piecework serve)' },
    {
      name: 'label',
      placeholder: 'NAME=VALUE',
      help: 'a name of yours for it, by which list and events choose; several with commas',
    },
    { name: 'batch', help: 'SOURCE is a list of many (docs/lists.md), and DEST a prefix, or here a folder' },
    {
      name: 'idempotency-key',
      placeholder: 'KEY',
      help: 'the same key with the same request is the same transfer (default: a new one)',
    },
    ...DEPLOYMENT_EXTRAS.filter(({ name }) => name !== 'local'),
  ],
  examples: [
    {
      command: 'piecework submit --stack piecework https://host/disk.iso s3://bucket/images/',
      what: 'signed with your AWS credentials',
    },
    {
      command: 'piecework submit --api https://host/prod --watch https://host/a.zip s3://bucket/a.zip',
      what: 'and follow it',
    },
    { command: 'piecework submit --stack piecework --batch urls.txt s3://bucket/in/', what: 'each URL of a list' },
  ],
  async run(call) {
    const [url = '', to = ''] = call.arguments;
    const deployment = await openDeployment(call);
    await using client = deployment ?? (await openServer(call));
    if (client === undefined) {
      throw new PieceworkError(
        'InvalidOption',
        'submit needs a deployment (--api URL, --stack NAME or PIECEWORK_API_URL), or piecework serve running on this machine; piecework copy needs neither',
      );
    }
    const { settings, context, extras } = call;
    if (extras['batch'] === true) return await submitBatch(call, client, deployment === undefined);
    const request = submitRequest(url, to, settings, deployment === undefined);
    sayHome(call, client);
    const preferred = stated({
      priority: priorityOf(extras['priority']),
      paused: extras['paused'] === true ? true : undefined,
    });
    const labels = stated({ labels: labelsOf(extras['label']) });
    const transfer = await client.submit({ ...request, ...preferred, ...labels }, submitOptions(call));
    saySubmitted(call, transfer);
    const last = extras['watch'] === true ? await watchTransfer(call, client, transfer.id) : transfer;
    if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, transfer: last });
  },
};

/** @throws PieceworkError `InvalidOption`. What the names and values may be, the API says. */
function labelsOf(given: string | boolean | undefined): Record<string, string> | undefined {
  if (typeof given !== 'string') return undefined;
  const pairs = given.split(',').map((one) => /^([^=]+)=(.*)$/.exec(one));
  if (pairs.includes(null))
    throw new PieceworkError('InvalidOption', '--label: is to be NAME=VALUE, with commas between several');
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** What the settings of a copy mean to a deployment. @throws PieceworkError `InvalidDestination`. */
function submitRequest(url: string, to: string, settings: Settings, isHere: boolean): SubmitRequest {
  const { source, object, options, notify } = copyRequest(url, undefined, settings);
  return {
    source: remoteSource(source, settings),
    destination: isHere ? destinationHere(to) : destinationOf(source, to),
    object: remoteObject(object),
    options: options ?? {},
    ...stated({ notify }),
  };
}

function destinationOf(source: SourceLocator, to: string): SubmitRequest['destination'] {
  const written = placeInS3(to);
  if (written === undefined)
    throw new PieceworkError(
      'InvalidDestination',
      'a deployment writes into buckets: DEST is s3://bucket/key or s3://bucket/prefix/',
    );
  const { bucket, key } = written;
  if (key !== '' && !key.endsWith('/')) return { bucket, key };
  // The deployment looks at the source later, so its name is that of the URL.
  const name = nameBySource(source);
  if (name === undefined)
    throw new PieceworkError(
      'InvalidDestination',
      'the URL has no name at its end that may be shown; give the whole key, s3://bucket/prefix/name',
    );
  return { bucket, key: `${key}${name}` };
}
