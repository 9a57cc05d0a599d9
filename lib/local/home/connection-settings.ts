import { readUserFile } from '../../disk/user-file.ts';
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
  return {
    ...timeouts,
    proxy: filled(wanted),
    ...(caFile === undefined ? {} : { ca: readUserFile(caFile, `the CA file ${caFile}`) }),
  };
}

export function s3Settings(s3: S3Options, environment: NodeJS.ProcessEnv): S3Options {
  const endpointUrl = s3.endpointUrl ?? (environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL']);
  return endpointUrl === undefined ? s3 : { ...s3, endpointUrl };
}
