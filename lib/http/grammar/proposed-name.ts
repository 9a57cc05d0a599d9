import { decodeExtended, parse } from 'content-disposition';
import { nameInPath } from '../../errors/secret-paths.ts';
import { safeName } from '../../values/text/safe-name.ts';
import { decodedUtf8 } from './headers.ts';

const NO_NAME = 'download';

/**
 * The file name that an answer proposes: of `Content-Disposition` (RFC 6266, `filename*` before `filename`), else the
 * last segment of the URL that answered, else `download`. Safe on any file system; see `safeName`.
 * @param disposition header text as it came: bytes as latin1
 * @param url `undefined` = its path is secret
 */
export function nameOf(disposition: string | undefined, url: URL | undefined): string {
  return safeName(fromDisposition(disposition) ?? fromUrl(url)) ?? NO_NAME;
}

function fromDisposition(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const { parameters } = parse(disposition, { extended: false });
  const plain = parameters['filename'];
  // latin1 by the RFC, but servers write UTF-8 into it.
  const text = decodeExtended(parameters['filename*'] ?? '') ?? (plain === undefined ? undefined : decodedUtf8(plain));
  if (text === undefined) return undefined;
  // Some servers send a whole path. Only its end can be meant (RFC 6266 §4.3).
  const last = text.split(/[/\\]/).at(-1) ?? '';
  return safeName(last) === undefined ? undefined : last;
}

function fromUrl(url: URL | undefined): string {
  return nameInPath(url?.pathname ?? '');
}
