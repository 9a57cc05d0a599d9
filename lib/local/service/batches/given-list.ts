import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { holdsSecret } from '../../../errors/redact.ts';
import { shownSource } from '../../../pipeline/requests/shown-source.ts';
import type { SealedList } from '../../../pipeline/shared/batches/submission.ts';
import type { BatchList } from '../../../transfer/batch/batch-record.ts';
import { stated } from '../../../values/stated.ts';
import type { BatchRequest } from '../../batch/api.ts';

/** A list as it was submitted. */
export type GivenList = Pick<SealedList, 'list' | 'reading' | 'source'>;

/** As a batch of this machine takes it. */
export function asRequested({ list, reading, source }: GivenList): Pick<BatchRequest, 'list' | 'entries' | 'source'> {
  const each = stated({ source });
  if (list.kind === 'inline') return { entries: list.entries, ...each };
  const { url, ...said } = list.from;
  return { list: { ...reading, from: pathOf(url) ?? url, source: said }, ...each };
}

/** Then it is kept in memory only. */
export function isSecretList({ list, reading, source }: GivenList): boolean {
  if (source !== undefined && shownSource({ ...source, url: 'https://host/' }).withheld) return true;
  const templates = [reading?.base, reading?.url, reading?.checksumsFrom];
  if (templates.some((text) => text !== undefined && holdsSecret(text))) return true;
  if (list.kind === 'at') return shownSource(list.from).withheld;
  return list.entries.some(({ sources, headers }) =>
    sources.some((url) => shownSource({ url, ...stated({ headers }) }).withheld),
  );
}

/**
 * Whether it has the bytes that an earlier one was read from. Of one at another place than this request and this
 * machine that is not known before it is read.
 */
export async function hasSameBytes({ list }: GivenList, earlier: BatchList): Promise<boolean> {
  if (earlier.entriesSha256 === '') return false;
  if (list.kind === 'inline') {
    const hash = createHash('sha256');
    for (const entry of list.entries) hash.update(`${JSON.stringify(entry)}\n`);
    return hash.digest('hex') === earlier.sha256;
  }
  const path = pathOf(list.from.url);
  if (path === undefined || path !== earlier.path) return false;
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    // Its reading says why.
    return false;
  }
  return hash.digest('hex') === earlier.sha256;
}

function pathOf(url: string): string | undefined {
  return /^file:/i.test(url) ? fileURLToPath(url) : undefined;
}
