import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { decoded, refuseDotSegments } from '../../net/source-url.ts';
import type { ConnectionOptions, S3Locator } from '../../s3/client.ts';
import type { SourceLocator, SourceStore } from '../../transfer/locators.ts';
import { safeName } from '../../values/text/safe-name.ts';
import { howToWriteLogin, readUrl } from '../../values/web/read-url.ts';

export interface S3Target {
  /** Redacted. */
  readonly shown: string;
  readonly object: S3Locator;
  readonly versionId: string | undefined;
  readonly access: Pick<ConnectionOptions, 'credentials' | 'profile'>;
  /** Made safe for any file system. */
  readonly name: string;
}

/**
 * Which sources that bring no credentials are read with those of this process (environment, profile, role). Not all of
 * them, where a caller of an API names the source: he would read with rights that are not his, or have them shown at an
 * endpoint of his.
 */
export interface Lending {
  lendsTo(object: S3Locator): boolean;
  /** Whom it lends to, for the sentence that refuses the others. */
  readonly description: string;
}

/**
 * `s3://bucket/key`, percent-encoded like any URL, or `s3://bucket/key?versionId=…`.
 * @throws PieceworkError `InvalidUrl`, `InvalidOption`, `SourceIsFolder`.
 */
export function s3Target(from: SourceLocator, defaults: SourceStore, lending?: Lending): S3Target {
  const shown = redactUrl(from.url);
  const url = readUrl(from.url);
  if (url === undefined || url.port !== '' || !/^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i.test(url.hostname)) {
    throw new PieceworkError(
      'InvalidUrl',
      `${shown} names no bucket; it looks like s3://bucket/key${howToWriteLogin(from.url)}`,
    );
  }
  refuseDotSegments(from.url);
  const key = decoded(url, url.pathname.slice(1), 'key');
  if (key === '' || key.endsWith('/')) {
    throw new PieceworkError('SourceIsFolder', `${shown} is a prefix, not an object; give the whole key`);
  }
  const { endpoint, region, pathStyle, profile } = { ...defaults, ...from.store };
  const credentials = credentialsOf(from, url, shown);
  const object: S3Locator = {
    kind: 's3',
    bucket: url.hostname,
    key,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
  };
  if (credentials === undefined && lending?.lendsTo(object) === false) {
    throw new PieceworkError(
      'InvalidOption',
      `${shown}: credentials are needed, since this deployment lends its own to ${lending.description}; give an access key and its secret key ` +
        '(auth of the kind aws), or an https: URL of the object',
    );
  }
  return {
    shown,
    object,
    versionId: versionOf(url, shown),
    access: credentials !== undefined ? { credentials } : profile === undefined ? {} : { profile },
    name: safeName(key.split('/').at(-1) ?? '') ?? 'download',
  };
}

function versionOf(url: URL, shown: string): string | undefined {
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'versionId');
  if (unknown === undefined) return url.searchParams.get('versionId') ?? undefined;
  throw new PieceworkError(
    'InvalidUrl',
    `${shown}: an s3: URL takes ?versionId=… and nothing else; a question mark in a key is written %3F`,
  );
}

function credentialsOf(from: SourceLocator, url: URL, shown: string): ConnectionOptions['credentials'] {
  const { auth } = from;
  if (auth !== undefined && url.username !== '') {
    throw new PieceworkError(
      'InvalidOption',
      `${shown}: credentials are given more than once; give them in the URL or as an option`,
    );
  }
  switch (auth?.kind) {
    case undefined:
      break;
    case 'aws': {
      const { kind: _, ...credentials } = auth;
      return credentials;
    }
    case 'basic':
      return { accessKeyId: auth.user, secretAccessKey: auth.password };
    default:
      throw new PieceworkError('InvalidOption', `${shown}: S3 knows an access key and its secret key only`);
  }
  if (url.username === '') return undefined;
  return {
    accessKeyId: decoded(url, url.username, 'access key'),
    secretAccessKey: decoded(url, url.password, 'secret key'),
  };
}
