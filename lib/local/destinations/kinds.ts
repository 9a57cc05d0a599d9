import type { Writable } from 'node:stream';
import { fileKind } from '../../destinations/file/kind.ts';
import type { DirectWrites } from '../../destinations/file/upload/direct.ts';
import type { DestinationKind } from '../../destinations/kind.ts';
import { s3Kind } from '../../destinations/s3/kind.ts';
import { stdoutKind } from '../../destinations/stdout/kind.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import type { S3Options } from '../api.ts';
import { localDestinations } from './local-destinations.ts';

export interface KindOptions {
  readonly s3?: S3Options;
  /** @default process.stdout */
  readonly stdout?: Writable | undefined;
  /** Gets a sentence that says what was found damaged and is done again. */
  readonly warn?: (sentence: string) => void;
  /** @default 'auto' */
  readonly directWrites?: DirectWrites | undefined;
}

/** Every kind of place that one machine writes to. A further one is a folder of its own and a line here. */
export function localKinds({
  s3 = {},
  stdout,
  warn = () => {},
  directWrites,
}: KindOptions): readonly DestinationKind[] {
  const { endpointUrl, ...connection } = s3;
  return [
    s3Kind({ ...connection, warn, ...stated({ endpoint: endpointUrl }) }),
    fileKind({ warn, ...stated({ directWrites }) }),
    stdoutKind(() => stdout ?? process.stdout),
  ];
}

/** Opens nothing: only to say what stands in records and reports. */
const KNOWN = localDestinations(localKinds({}));

/** For people, without secrets: `s3://bucket/key`, a path, `stdout`. */
export function describeDestination(to: DestinationLocator): string {
  return KNOWN.describe(to);
}

/** What a name is called in a folder or under a prefix, as it was written. */
export function describeIn(folder: string, name: string): string {
  const text = /[/\\]$/.test(folder) ? folder : `${folder}/`;
  return KNOWN.describe(KNOWN.parse(text).locate(name));
}
