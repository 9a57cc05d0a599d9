import { holdsSecret } from '../../errors/redact.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRequest } from '../../transfer/request.ts';

/** Of a source what a record keeps, and what may be shown: nothing secret. */
export function shownSource(source: SourceLocator): TransferRequest['source'] {
  const { url, headers, auth, hostFingerprint, store, secretPath } = source;
  // Not secret, but with the URL alone another server or store would be asked.
  const isElsewhere = hostFingerprint !== undefined || Object.keys(store ?? {}).length > 0;
  const isSecret =
    holdsSecret(url) || secretPath === true || auth !== undefined || Object.keys(headers ?? {}).length > 0;
  return {
    url: shownUrl(source),
    withheld: isSecret || isElsewhere,
    ...(secretPath === true ? { secretPath } : {}),
  };
}
