import { statSync } from 'node:fs';
import type { SubmitRequest } from '../../../lib/api/schemas/request.ts';
import type { Transfer } from '../../../lib/api/schemas/transfer.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { shownUrl } from '../../../lib/errors/secret-url-path.ts';
import type { CopyReport, CopyRequest } from '../../../lib/index.ts';
import { describeDestination } from '../../../lib/local/destinations/kinds.ts';
import { stated } from '../../../lib/values/stated.ts';
import { writeLine } from '../../output/lines.ts';
import type { VerbCall } from '../../verb.ts';
import { remoteSource } from '../source.ts';
import { remoteObject } from '../submitted.ts';
import { destinationHere } from './destination-here.ts';
import type { Following } from './follow-there.ts';
import { followThere } from './follow-there.ts';

/** Has the server of this machine bring what is asked for, and follows it. */
export async function copyThere(call: VerbCall, following: Following, request: CopyRequest): Promise<CopyReport> {
  const { settings } = call;
  const { source, object, options = {}, notify } = request;
  const asked: SubmitRequest = {
    source: remoteSource(source, settings),
    destination: await placeOf(call, following, request),
    object: remoteObject(object),
    options,
    ...stated({ notify }),
    ...(settings.restart === true ? {} : { goOn: true }),
  };
  const startedAt = call.context.now();
  const id = await submit(call, following, request, asked);
  const { onEvent } = following;
  onEvent({ type: 'accepted', transferId: id, source: shownUrl(source), destination: String(asked.destination) });
  return await followThere(call, following, id, startedAt);
}

/** In a folder or under a prefix a file is called as its source says when it is asked, which the server does not do. */
async function placeOf({ context }: VerbCall, { local }: Following, request: CopyRequest): Promise<string> {
  const { destination: written = '.' } = request;
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(written);
  const isFolder = /[/\\]$/.test(written) || (isUrl ? !/^s3:\/\/[^/]+\/./i.test(written) : isThere(written));
  if (!isFolder) return destinationHere(written);
  const { destination } = await local.plan(request, context.signal);
  return destinationHere(describeDestination(destination));
}

function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function submit(
  call: VerbCall,
  { client }: Following,
  { source }: CopyRequest,
  asked: SubmitRequest,
): Promise<string> {
  const { signal } = call.context;
  try {
    return (await client.submit(asked, { signal })).id;
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code !== 'DestinationLocked') throw error;
    const { transfers } = await client.list({ status: 'active', search: shownUrl(source), limit: 100, signal });
    const same = transfers.find((one) => isSame(one, shownUrl(source), String(asked.destination)));
    if (same === undefined) throw error;
    if (call.settings.quiet !== true)
      writeLine(call.context.stderr, `transfer ${same.id} brings that already: it is followed${notGiven(asked)}`);
    return same.id;
  }
}

/** Whom it notifies was said when it was submitted. */
export function notGiven({ notify }: Pick<SubmitRequest, 'notify'>): string {
  return notify === undefined ? '' : ', and --notify is not given to it';
}

function isSame({ source, destination, batch }: Transfer, url: string, place: string): boolean {
  return batch === undefined && source.url === url && describeDestination(destination) === place;
}
