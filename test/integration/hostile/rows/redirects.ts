import type { LookupFunction } from 'node:net';
import { from } from '../../../support/hostile-lies.ts';
import type { HostileRow, Stage } from '../../../support/hostile-row.ts';
import { redirect } from '../../../support/origin.ts';
import type { Resource } from '../../../support/origin-resource.ts';

const honest = ({ shape }: Stage): Resource => ({ size: shape.sizeBytes });

/** So many redirects before the file. */
function chain(stage: Stage, hops: number): string {
  for (let hop = 1; hop < hops; hop += 1) stage.origin.serve(`/hop/${hop}`, redirect(`/hop/${hop + 1}`));
  stage.origin.serve(`/hop/${hops}`, redirect('/file.bin'));
  stage.origin.serve('/file.bin', honest(stage));
  return `${stage.origin.base}/hop/1`;
}

/** Knows loopback, and refuses what is somebody's inner network, as a guard does; nothing is ever connected there. */
const onlyLoopback: LookupFunction = (host, options, done) => {
  if (host === 'localhost') done(null, options.all === true ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
  else done(Object.assign(new Error('refused'), { code: 'ENOTFOUND' }), '', 4);
};

export const REDIRECTS: readonly HostileRow[] = [
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
    how: 'followed, anew for each piece',
    mode: 'pieces',
    serve: (stage) => chain(stage, 5),
  },
  {
    what: '6 redirects',
    outcome: 'TooManyRedirects',
    how: '`--max-redirects` allows more',
    serve: (stage) => chain(stage, 6),
  },
  {
    what: '6 redirects, `--max-redirects 6`',
    outcome: 'bytes',
    how: 'followed',
    mode: 'pieces',
    source: { maxRedirects: 6 },
    serve: (stage) => chain(stage, 6),
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
    serve: (stage) => from(3, honest(stage), redirect('file:///etc/passwd')),
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
  {
    what: 'a redirect from `https:` to `http:`',
    outcome: 'RedirectRefused',
    how: 'anybody on the way could change the bytes',
    only: 'https',
    serve: (stage) => redirect(stage.other.serve('/file.bin', honest(stage))),
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
    serve: (stage) => redirect(stage.other.serve('/file.bin', honest(stage))),
  },
  {
    what: 'a redirect from `http:` to `https:`',
    outcome: 'bytes',
    how: 'followed',
    mode: 'pieces',
    only: 'http',
    serve: (stage) => redirect(stage.other.serve('/file.bin', honest(stage))),
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
    outcome: 'SourceChanged',
    how: 'the version is compared wherever the answer comes from',
    serve: (stage) => {
      stage.origin.serve('/other.bin', { size: stage.shape.sizeBytes, etag: '"v2"', seed: 2 });
      return from(3, honest(stage), redirect('/other.bin'));
    },
  },
];
