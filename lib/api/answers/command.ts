import { redactUrl } from '../../errors/redact.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { ObjectSettings, TransferOptions, TransferRequest } from '../../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import { printable } from '../../values/text/printable.ts';

/**
 * What a person types for the same: every setting that is not the default, and nothing secret, since there is none in
 * the request of a record. What was withheld of the source is to be given again.
 */
export function commandFor(request: TransferRequest, verb: 'copy' | 'submit'): string {
  const { source, destination, object, options } = request;
  const words = [
    'piecework',
    verb,
    source.url,
    placeOf(destination),
    ...storeFlags(destination),
    ...flagsOf(options),
    ...objectFlags(object),
    ...(source.secretPath === true ? ['--secret-path'] : []),
  ];
  return words.map((word) => shellWord(printable(word))).join(' ');
}

/** `s3://bucket/key`, a path, `-`. */
export function placeOf({ kind, bucket, key, path }: DestinationLocator): string {
  if (kind === 's3') return `s3://${String(bucket)}/${String(key)}`;
  if (kind === 'stdout') return '-';
  return typeof path === 'string' ? path : kind;
}

function storeFlags({ kind, endpoint, region }: DestinationLocator): readonly string[] {
  if (kind !== 's3') return [];
  return [
    ...(typeof endpoint === 'string' ? ['--endpoint-url', redactUrl(endpoint)] : []),
    ...(typeof region === 'string' ? ['--region', region] : []),
  ];
}

const FLAGS = {
  parallelism: '--parallel',
  pieceSizeBytes: '--piece-size',
  maxFailures: '--max-attempts',
  ifExists: '--if-exists',
  onSourceChange: '--on-source-change',
  serverSideCopy: '--server-side-copy',
  deadlineMs: '--deadline',
  maxWaitMs: '--max-wait',
  holdMs: '--hold',
} as const;

function flagsOf(options: TransferOptions): readonly string[] {
  const { digests, sizeBytes, contentType } = options.expect;
  return [
    ...Object.entries(FLAGS).flatMap(([name, flag]) => {
      const value = options[name as keyof typeof FLAGS];
      const isDefault =
        value === undefined || value === (DEFAULT_OPTIONS as Partial<TransferOptions>)[name as 'ifExists'];
      return isDefault ? [] : [flag, name.endsWith('Ms') ? durationWord(Number(value)) : String(value)];
    }),
    ...(options.strict === true ? ['--strict'] : []),
    ...Object.entries(digests).flatMap(([algorithm, hex]) =>
      hex === undefined ? [] : [`--expect-${algorithm}`, String(hex)],
    ),
    ...(sizeBytes === undefined ? [] : ['--expect-size', String(sizeBytes)]),
    ...(contentType === undefined ? [] : ['--expect-type', contentType]),
  ];
}

function objectFlags(object: ObjectSettings): readonly string[] {
  const { contentType, storageClass, encryption, acl, tags = {}, metadata = {} } = object;
  const keyId = encryption?.kind === 'kms' ? encryption.keyId : undefined;
  return [
    ...(contentType === undefined ? [] : ['--content-type', contentType]),
    ...(storageClass === undefined ? [] : ['--storage-class', storageClass]),
    ...(encryption === undefined ? [] : ['--sse', encryption.kind]),
    ...(keyId === undefined ? [] : ['--sse-kms-key-id', keyId]),
    ...(acl === undefined ? [] : ['--acl', acl]),
    ...Object.entries(tags).flatMap(([name, value]) => ['--tag', `${name}=${value}`]),
    ...Object.entries(metadata).flatMap(([name, value]) => ['--metadata', `${name}=${value}`]),
  ];
}

/** Exact, as the command line reads it. */
function durationWord(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
