import { readOrdinarySync, USER_FILE, whyUnreadable } from '../../disk/ordinary-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import { filled } from '../../values/stated.ts';
import type { HttpOptions, S3Options } from '../api.ts';

/** Options, and what the environment says where they are silent. */

export function httpSettings(http: HttpOptions, environment: NodeJS.ProcessEnv) {
  const { caFile, proxy, ...timeouts } = http;
  const variable = (name: string) => environment[name] || environment[name.toLowerCase()];
  const wanted = {
    // Only in lower case, as in curl: the upper-case form can be set by the caller of a CGI program.
    httpProxy: proxy === undefined ? environment['http_proxy'] : proxy.http,
    httpsProxy: proxy === undefined ? variable('HTTPS_PROXY') : proxy.https,
    noProxy: proxy === undefined ? variable('NO_PROXY') : proxy.no,
  };
  return { ...timeouts, proxy: filled(wanted), ...(caFile === undefined ? {} : { ca: readCa(caFile) }) };
}

function readCa(path: string): string {
  try {
    return readOrdinarySync(path, USER_FILE);
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new PieceworkError('InvalidOption', `the CA file ${path} can't be read (${why})`, { cause });
  }
}

export function s3Settings(s3: S3Options, environment: NodeJS.ProcessEnv): S3Options {
  const endpointUrl = s3.endpointUrl ?? (environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL']);
  return endpointUrl === undefined ? s3 : { ...s3, endpointUrl };
}
