import { nameInPath } from '../errors/secret-paths.ts';
import { safeName } from '../values/text/safe-name.ts';
import { readUrl } from '../values/web/read-url.ts';
import type { SourceLocator } from './locators.ts';

/** `s3://bucket/key` and `s3://bucket/prefix/` taken apart, unchecked; `undefined` = it is written otherwise. */
export function placeInS3(text: string): { readonly bucket: string; readonly key: string } | undefined {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/is.exec(text) ?? [];
  return bucket === undefined ? undefined : { bucket, key };
}

/** What a source is called by its URL, whatever it says of itself when it is asked; `undefined` = nothing to show. */
export function nameBySource({ url, secretPath }: SourceLocator): string | undefined {
  if (secretPath === true) return undefined;
  const name = safeName(nameInPath(readUrl(url)?.pathname ?? '')) ?? '';
  return name === '' ? undefined : name;
}
