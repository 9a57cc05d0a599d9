import type { SubmitRequest } from '../../lib/api/schemas/request.ts';
import { readUserFile } from '../../lib/disk/user-file.ts';
import type { SourceAuth, SourceLocator } from '../../lib/transfer/locators.ts';
import { stated } from '../../lib/values/stated.ts';
import type { Settings } from '../options/table.ts';

type Source = SubmitRequest['source'];

/**
 * A source as a deployment takes it. What on this machine stands beside the locator (a key's file, an S3 store's place)
 * goes with it: the deployment sees neither these files nor this environment.
 * @throws PieceworkError `InvalidOption`.
 */
export function remoteSource(from: SourceLocator, settings: Settings): Source {
  const { url, headers, maxRedirects, allowInsecureRedirect, hostFingerprint, secretPath } = from;
  const parsed = URL.parse(url);
  const auth = from.auth ?? identityAuth(parsed, settings);
  const store = parsed?.protocol === 's3:' ? storeOf(settings) : undefined;
  return {
    url,
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(auth === undefined ? {} : { auth }),
    ...(maxRedirects === undefined ? {} : { maxRedirects }),
    ...(allowInsecureRedirect === undefined ? {} : { allowInsecureRedirect }),
    // It may come from the config file, and says nothing of other sources.
    ...(hostFingerprint === undefined || parsed?.protocol !== 'sftp:' ? {} : { hostFingerprint }),
    ...(store === undefined ? {} : { store }),
    ...(secretPath === undefined ? {} : { secretPath }),
  };
}

/**
 * What is said of every source of a batch; of it, each scheme takes what it knows.
 * @throws PieceworkError `InvalidOption`.
 */
export function eachRemoteSource(from: Omit<SourceLocator, 'url'>, settings: Settings): Omit<Source, 'url'> {
  const { headers, maxRedirects, allowInsecureRedirect, hostFingerprint } = from;
  const auth = from.auth ?? (headers?.['authorization'] === undefined ? keyOf(settings) : undefined);
  return stated({
    headers: headers === undefined ? undefined : { ...headers },
    ...{ auth, maxRedirects, allowInsecureRedirect, hostFingerprint },
    store: storeOf(settings),
  });
}

function identityAuth(url: URL | null, settings: Settings): SourceAuth | undefined {
  return url?.protocol !== 'sftp:' || url.password !== '' ? undefined : keyOf(settings);
}

/** The key's text: its file is here, and the deployment is not. */
function keyOf({ identity, identityPassphrase }: Settings): SourceAuth | undefined {
  if (identity === undefined) return undefined;
  const passphrase = identityPassphrase === undefined ? {} : { passphrase: identityPassphrase };
  return { kind: 'key', privateKey: readUserFile(identity, `--identity: ${identity}`), ...passphrase };
}

function storeOf({ sourceEndpointUrl: endpoint, sourceRegion: region }: Settings): Source['store'] {
  if (endpoint === undefined && region === undefined) return undefined;
  return { ...(endpoint === undefined ? {} : { endpoint }), ...(region === undefined ? {} : { region }) };
}
