import { ApiError, toProblem } from '../../api/answers/problem.ts';
import { tokenCheck } from './token.ts';

/** Who is let in. */
export interface GateOptions {
  readonly token: string;
  /** `host:port` in lower case, as a `Host` has it; `*` = all. */
  readonly names: ReadonlySet<string>;
  readonly scheme: 'http' | 'https';
}

/** Asked by those who watch over the server, who need no token: they say nothing of what is moved. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/v1/health', '/v1/ready']);

/**
 * The answer to a request that is not let in; `undefined` = it is.
 *
 * A page in a browser reaches this machine's loopback, too. By its own name (DNS rebinding) it is known by `Host`, else
 * by `Origin` and `Sec-Fetch-Site`, which no script can set; and it has no token.
 * https://fetch.spec.whatwg.org/#forbidden-request-header
 */
export function gate({ token, names, scheme }: GateOptions): (request: Request) => Response | undefined {
  const isToken = tokenCheck(token);
  const isOwnName = (host: string) => names.has('*') || names.has(host.toLowerCase());
  const isOwnOrigin = (origin: string) => {
    const url = URL.parse(origin);
    return url !== null && url.protocol === `${scheme}:` && isOwnName(url.host);
  };
  return ({ headers, url }) => {
    const { pathname } = new URL(url);
    if (!isOwnName(headers.get('host') ?? '')) {
      const message =
        'this server has another name than the request calls it by; clients of other names need --host NAME';
      return refused(pathname, 403, message);
    }
    const origin = headers.get('origin');
    const site = headers.get('sec-fetch-site') ?? 'none';
    if ((origin !== null && !isOwnOrigin(origin)) || (site !== 'none' && site !== 'same-origin'))
      return refused(pathname, 403, 'pages of other sites may not ask this server');
    if (OPEN_PATHS.has(pathname) || isToken(headers.get('authorization') ?? undefined)) return undefined;
    const message =
      'the request brings no token, or a wrong one: send the one in the token file as "Authorization: Bearer TOKEN"';
    // RFC 6750, section 3.
    return refused(pathname, 401, message, { 'www-authenticate': 'Bearer realm="piecework"' });
  };
}

function refused(path: string, status: 401 | 403, message: string, headers: Record<string, string> = {}): Response {
  // A path of strangers is not shown.
  const instance = path.startsWith('/v1') ? '/v1' : '/';
  const problem = toProblem(new ApiError('NotAuthorized', message, { status }), instance);
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}
