import type { LookupFunction } from 'node:net';
import { byRequest, from, status } from '../../../support/hostile-lies.ts';
import type { HostileRow, RowServers } from '../../../support/hostile-row.ts';
import type { Handler } from '../../../support/origin.ts';
import { redirect } from '../../../support/origin.ts';
import type { Resource } from '../../../support/origin-resource.ts';
import { patternBytes } from '../../../support/pattern.ts';

const honest = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes });

/** Redirects to one place after the other, and from the last to the first. */
const inTurn = (...targets: readonly string[]): Handler =>
  byRequest((number) => redirect(targets[(number - 1) % targets.length] ?? ''));

/** So many redirects before the file. */
function chain(servers: RowServers, hops: number): string {
  for (let hop = 1; hop < hops; hop += 1) servers.origin.serve(`/hop/${hop}`, redirect(`/hop/${hop + 1}`));
  servers.origin.serve(`/hop/${hops}`, redirect('/file.bin'));
  servers.origin.serve('/file.bin', honest(servers));
  return `${servers.origin.base}/hop/1`;
}

/** Knows loopback, and refuses what is an inner network, as a guard does; nothing is ever connected there. */
const onlyLoopback: LookupFunction = (host, options, done) => {
  if (host === 'localhost') done(null, options.all === true ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
  else done(Object.assign(new Error('refused'), { code: 'ENOTFOUND' }), '', 4);
};

/**
 * To where only we could go, through the guard that stands where others choose the URL: the row is asked for as
 * `localhost`, which alone may be private. The suite's connector holds that nothing but 127.0.0.1 is connected to,
 * `check` that what is served there was not asked for.
 */
function inward(host: string, kind: string): HostileRow {
  return {
    what: `a redirect to \`${host}\` (${kind}), where the source is guarded`,
    outcome: 'GuardRefused',
    how: 'each hop is checked as a URL, in every spelling; nothing is connected',
    guarded: true,
    serve: (servers) => {
      servers.origin.serve('/file.bin', redirect(innerUrl(servers, host)));
      return asLocalhost(servers, '/file.bin');
    },
    check: wasNotAsked,
  };
}

const schemeOf = ({ origin }: RowServers): string => new URL(origin.base).protocol;

const asLocalhost = (servers: RowServers, path: string): string =>
  `${schemeOf(servers)}//localhost:${servers.origin.port}${path}`;

/** The right bytes are there, for a client that gets through. */
function innerUrl(servers: RowServers, host: string): string {
  servers.origin.serve('/inner.bin', honest(servers));
  return `${schemeOf(servers)}//${host}:${servers.origin.port}/inner.bin`;
}

function wasNotAsked({ origin }: RowServers): void {
  if (origin.requests.some(({ url }) => url === '/inner.bin')) throw new Error('it was asked all the same');
}

export const REDIRECTS: readonly HostileRow[] = [
  {
    what: 'a redirect whose `Location` has a byte that is no UTF-8',
    outcome: 'bytes',
    how: 'the byte is asked for as it is',
    serve: (servers) => {
      servers.origin.serve('/%E9/file.bin', honest(servers));
      return redirect('/\xe9/file.bin');
    },
  },
  {
    what: 'redirects to two mirrors in turn, the same bytes under an ETag of their own',
    outcome: 'bytes',
    how: 'the mirror that was met first is asked for the pieces; only once it fails, the URL again',
    mode: 'pieces',
    serve: (servers) => {
      servers.origin.serve('/a/file.bin', { ...honest(servers), etag: '"a"' });
      servers.origin.serve('/b/file.bin', { ...honest(servers), etag: '"b"' });
      return inTurn('/a/file.bin', '/b/file.bin');
    },
  },
  {
    what: 'the same, and each mirror goes (404) after three requests',
    outcome: 'bytes',
    how: 'the URL is asked again, up to eight times, until it leads to the version that was planned',
    mode: 'pieces',
    serve: (servers) => {
      const paths = [
        '/a1/file.bin',
        '/b1/file.bin',
        '/a2/file.bin',
        '/b2/file.bin',
        '/a3/file.bin',
        '/b3/file.bin',
        '/a4/file.bin',
        '/b4/file.bin',
      ];
      for (const path of paths) {
        const mirror = { ...honest(servers), etag: `"${path.slice(1, 2)}"` };
        servers.origin.serve(path, from(4, mirror, status(404)));
      }
      return inTurn(...paths);
    },
  },
  {
    what: 'a redirect to another origin, which asks for credentials (401)',
    outcome: 'SourceUnauthorized',
    how: 'what was given for the first origin is not sent there, and the error says so',
    source: { auth: { kind: 'basic', user: 'me', password: 'a-password-of-ours' }, allowInsecureRedirect: true },
    serve: ({ other }) => redirect(other.serve('/file.bin', status(401))),
  },
  {
    what: 'redirects in a circle',
    outcome: 'RedirectLoop',
    how: 'ends when it comes back to where it was',
    serve: ({ origin }) => {
      origin.serve('/b', redirect('/file.bin'));
      return redirect('/b');
    },
  },
  {
    what: '5 redirects',
    outcome: 'bytes',
    how: 'followed; where they led is asked for the pieces',
    mode: 'pieces',
    serve: (servers) => chain(servers, 5),
  },
  {
    what: '6 redirects',
    outcome: 'TooManyRedirects',
    how: '`--max-redirects` allows more',
    serve: (servers) => chain(servers, 6),
  },
  {
    what: '6 redirects, `--max-redirects 6`',
    outcome: 'bytes',
    how: 'followed',
    mode: 'pieces',
    source: { maxRedirects: 6 },
    serve: (servers) => chain(servers, 6),
  },
  {
    what: 'a redirect to `file:`',
    outcome: 'RedirectRefused',
    how: 'only `http:` and `https:` are followed',
    serve: () => redirect('file:///etc/passwd'),
  },
  {
    what: 'a redirect to `file:` in the middle',
    outcome: 'RedirectRefused',
    how: 'every request is judged anew',
    serve: (servers) => from(3, honest(servers), redirect('file:///etc/passwd')),
  },
  {
    what: 'a redirect to a name that the resolver refuses (a private address)',
    outcome: 'SourceNotResolved',
    how: 'every hop is looked up by the resolver that was given; nothing is connected',
    serve: () => redirect('http://inner.example/file.bin'),
    http: { lookup: onlyLoopback },
    source: { allowInsecureRedirect: true },
    options: { maxFailures: 1 },
  },
  inward('127.0.0.1', 'loopback'),
  inward('2130706433', 'loopback, decimal'),
  inward('0177.0.0.1', 'loopback, octal'),
  inward('0x7f.1', 'loopback, hexadecimal'),
  inward('[::1]', 'loopback, IPv6'),
  inward('[::ffff:127.0.0.1]', 'loopback, IPv4 within IPv6'),
  inward('[64:ff9b::127.0.0.1]', 'loopback, through NAT64'),
  inward('10.1.2.3', 'private'),
  inward('192.168.0.1', 'private'),
  inward('100.64.0.1', 'carrier'),
  inward('169.254.169.254', 'metadata'),
  inward('2852039166', 'metadata, decimal'),
  inward('0251.0376.0251.0376', 'metadata, octal'),
  inward('[::ffff:169.254.169.254]', 'metadata, IPv4 within IPv6'),
  inward('[fd00:ec2::254]', 'metadata, IPv6'),
  inward('169.254.0.1', 'link-local'),
  inward('[fe80::1]', 'link-local, IPv6'),
  inward('[fd00::1]', 'unique-local'),
  inward('inside.example', 'a name that leads to loopback'),
  {
    what: 'a redirect to `169.254.169.254` in the middle, where the source is guarded',
    outcome: 'GuardRefused',
    how: 'each request is judged anew',
    guarded: true,
    serve: (servers) => {
      servers.origin.serve('/file.bin', from(3, honest(servers), redirect(innerUrl(servers, '169.254.169.254'))));
      return asLocalhost(servers, '/file.bin');
    },
    check: wasNotAsked,
  },
  {
    what: 'a redirect to `2130706433` (loopback) as the second hop, in the middle, where the source is guarded',
    outcome: 'GuardRefused',
    how: 'each hop of each request is judged anew',
    guarded: true,
    serve: (servers) => {
      servers.origin.serve('/hop', redirect(innerUrl(servers, '2130706433')));
      servers.origin.serve('/file.bin', from(3, honest(servers), redirect('/hop')));
      return asLocalhost(servers, '/file.bin');
    },
    check: wasNotAsked,
  },
  {
    what: 'a redirect to where it may go, where the source is guarded',
    outcome: 'bytes',
    how: 'followed',
    guarded: true,
    mode: 'pieces',
    serve: (servers) => {
      servers.origin.serve('/a', redirect(asLocalhost(servers, '/file.bin')));
      servers.origin.serve('/file.bin', honest(servers));
      return asLocalhost(servers, '/a');
    },
  },
  {
    what: 'a redirect from `https:` to `http:`',
    outcome: 'RedirectRefused',
    how: 'any machine on the way could change the bytes',
    only: 'https',
    serve: (servers) => redirect(servers.other.serve('/file.bin', honest(servers))),
    check: ({ other }) => {
      if (other.connections > 0) throw new Error('it was contacted all the same');
    },
  },
  {
    what: 'a redirect from `https:` to `http:`, `--allow-insecure-redirect`',
    outcome: 'bytes',
    how: 'followed, since it was allowed',
    mode: 'pieces',
    only: 'https',
    source: { allowInsecureRedirect: true },
    serve: (servers) => redirect(servers.other.serve('/file.bin', honest(servers))),
  },
  {
    what: 'a redirect from `http:` to `https:`',
    outcome: 'bytes',
    how: 'followed',
    mode: 'pieces',
    only: 'http',
    serve: (servers) => redirect(servers.other.serve('/file.bin', honest(servers))),
  },
  {
    what: 'a redirect without a `Location`',
    outcome: 'SourceMalformed',
    how: 'ends at once',
    serve: () => (_request, response) => {
      response.writeHead(302).end();
    },
  },
  {
    what: 'a redirect to another version in the middle',
    outcome: 'bytes',
    how: 'the version is compared wherever the answer comes from; starts over',
    serve: (servers) => {
      servers.origin.serve('/other.bin', { size: servers.shape.sizeBytes, etag: '"v2"', seed: 2 });
      return from(3, honest(servers), redirect('/other.bin'));
    },
    bytes: ({ shape }) => patternBytes(0, shape.sizeBytes, 2),
  },
];
