import { PieceworkError } from '../../lib/errors/error.ts';
import { holdsSecret } from '../../lib/errors/redact.ts';
import type { CopyRequest, HttpOptions, LocalOptions, S3Options, SshOptions } from '../../lib/index.ts';
import type { Webhook } from '../../lib/transfer/hooks.ts';
import { checkWebhook } from '../../lib/transfer/hooks.ts';
import type { SourceAuth, SourceLocator, SourceStore } from '../../lib/transfer/locators.ts';
import type { SettingNames } from '../../lib/transfer/object-headers.ts';
import { headerProblems, headerSentence } from '../../lib/transfer/object-headers.ts';
import type { Expectations, ObjectSettings, TransferOptions } from '../../lib/transfer/request.ts';
import { stated } from '../../lib/values/stated.ts';
import { secret } from './kinds/credentials.ts';
import { BadValue } from './kinds/kind.ts';
import type { Settings } from './table.ts';

/** What the settings mean to the library. @throws PieceworkError `InvalidOption`. */
export function copyRequest(url: string, destination: string | undefined, settings: Settings): CopyRequest {
  return {
    source: sourceLocator(url, settings),
    object: objectSettings(settings),
    options: transferOptions(settings),
    ...stated({ destination, restart: settings.restart, notify: webhookOf(settings) }),
  };
}

/** @throws PieceworkError `InvalidOption` where one of the two is missing, or is none. */
export function webhookOf({ notify: url, notifySecret }: Settings): Webhook | undefined {
  if (url === undefined) return undefined;
  if (notifySecret === undefined)
    throw new PieceworkError(
      'InvalidOption',
      '--notify needs the secret that signs: --notify-secret @FILE, or PIECEWORK_NOTIFY_SECRET; ' +
        'this makes one: echo "whsec_$(openssl rand -base64 32)"',
    );
  const webhook = { url, secret: notifySecret };
  checkWebhook(webhook);
  return webhook;
}

/** The source of a retry, where anything about it is said; `stored` is the redacted URL of the record. */
export function retrySource(url: string | undefined, settings: Settings, stored: string): SourceLocator | undefined {
  const { header, userAgent, user, bearer, maxRedirects, allowInsecureRedirect, hostFingerprint, secretPath } =
    settings;
  const said = [header, userAgent, user, bearer, maxRedirects, allowInsecureRedirect, hostFingerprint, secretPath];
  const saysNothing = said.every((one) => one === undefined);
  if (url !== undefined) return sourceLocator(url, settings);
  // Of a URL that was stored in part, only the library can say what is missing.
  return saysNothing || holdsSecret(stored) ? undefined : sourceLocator(stored, settings);
}

export function localOptions(settings: Settings): LocalOptions {
  const { stateDir, limitRate, netrc, noRescue, directWrites } = settings;
  return {
    http: httpOptions(settings),
    s3: s3Options(settings),
    sourceS3: sourceStore(settings),
    ssh: sshOptions(settings),
    ...stated({ stateDir, limitRate, netrc, directWrites, rescue: noRescue === undefined ? undefined : !noRescue }),
  };
}

function sourceLocator(url: string, settings: Settings): SourceLocator {
  const { header, userAgent, maxRedirects, allowInsecureRedirect, hostFingerprint } = settings;
  const headers = userAgent === undefined ? header : { ...header, 'user-agent': userAgent };
  const auth = authOf(settings);
  const secretPath = settings.secretPath === true ? true : undefined;
  return {
    url: urlOf(url),
    ...stated({ headers, auth, maxRedirects, allowInsecureRedirect, hostFingerprint, secretPath }),
  };
}

/** `@file` reads it from there, so that a signed link stands in no process list and no history. */
function urlOf(given: string): string {
  if (!given.startsWith('@')) return given;
  try {
    return secret.parse([given]);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new PieceworkError('InvalidOption', `SOURCE: ${error.message}`, { cause: error });
  }
}

function authOf({ user, bearer }: Settings): SourceAuth | undefined {
  if (user !== undefined) return { kind: 'basic', ...user };
  return bearer === undefined ? undefined : { kind: 'bearer', token: bearer };
}

function transferOptions(settings: Settings): Partial<TransferOptions> {
  return {
    expect: expectations(settings),
    ...stated({
      parallelism: settings.parallel,
      pieceSizeBytes: settings.pieceSize,
      maxFailures: settings.maxAttempts,
      ifExists: settings.noClobber === true ? ('fail' as const) : settings.ifExists,
      onSourceChange: settings.onSourceChange,
      serverSideCopy: settings.serverSideCopy,
      deadlineMs: settings.deadline,
      maxWaitMs: settings.maxWait,
      holdMs: settings.hold,
      strict: settings.strict,
    }),
  };
}

function expectations(settings: Settings): Expectations {
  const digests = stated({
    sha256: settings.expectSha256,
    sha512: settings.expectSha512,
    sha1: settings.expectSha1,
    md5: settings.expectMd5,
    crc32: settings.expectCrc32,
  });
  return { digests, ...stated({ sizeBytes: settings.expectSize, contentType: settings.expectType }) };
}

function objectSettings(settings: Settings): ObjectSettings {
  const { contentType, storageClass, acl, tag, metadata } = settings;
  const object = stated({ contentType, storageClass, acl, tags: tag, metadata, encryption: encryptionOf(settings) });
  const problem = headerProblems(object)[0];
  if (problem !== undefined) throw new PieceworkError('InvalidOption', headerSentence(problem, OBJECT_FLAGS));
  return object;
}

const OBJECT_FLAGS: SettingNames = {
  contentType: '--content-type',
  storageClass: '--storage-class',
  encryption: '--sse-kms-key-id',
  acl: '--acl',
  tags: '--tag',
  metadata: '--metadata',
};

function encryptionOf({ sse, sseKmsKeyId }: Settings): ObjectSettings['encryption'] {
  if (sse === 's3') return { kind: 's3' };
  if (sse === undefined && sseKmsKeyId === undefined) return undefined;
  return { kind: 'kms', ...stated({ keyId: sseKmsKeyId }) };
}

function httpOptions(settings: Settings): HttpOptions {
  return stated({
    connectTimeoutMs: settings.connectTimeout,
    headersTimeoutMs: settings.headersTimeout,
    stallTimeoutMs: settings.stallTimeout,
    minBytesPerSecond: settings.minSpeed,
    caFile: settings.caFile,
  });
}

function sourceStore({ sourceEndpointUrl, sourceRegion, sourceProfile }: Settings): SourceStore {
  return stated({ endpoint: sourceEndpointUrl, region: sourceRegion, profile: sourceProfile });
}

function sshOptions({ identity, identityPassphrase, knownHosts }: Settings): SshOptions {
  return stated({ identityFile: identity, passphrase: identityPassphrase, knownHostsFile: knownHosts });
}

function s3Options({ endpointUrl, region, pathStyle, profile, caFile }: Settings): S3Options {
  return stated({ endpointUrl, region, pathStyle, profile, caFile });
}
