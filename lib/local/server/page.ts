import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { readOrdinary, USER_FILE } from '../../disk/ordinary-file.ts';

/** The page of `piecework console`: files that say nothing of what is moved, so that they need no token. */
export type Page = (request: Request) => Response | undefined;

/**
 * Nothing is loaded from elsewhere, nothing inline runs, no other page frames it, and no form leads away.
 * https://www.w3.org/TR/CSP3/
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** From the bundle of the command line, the sources of a checkout (where `console` is the source), and the library. */
const FOLDERS = ['../console/', '../../../dist/console/', '../../../console/'];

interface File {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads the page's files once; they are few and small. */
export async function openPage(): Promise<Page> {
  const files = await filesOfPage();
  return ({ method, url, headers }) => {
    const { pathname } = new URL(url);
    if (pathname.startsWith('/v1')) return undefined;
    const path = pathname.replace(/^\/console(?=\/|$)/, '').replace(/^\/+/, '');
    if (pathname === '/console')
      return new Response(null, { status: 308, headers: { ...COMMON, location: '/console/' } });
    const file = files.get(path === '' ? 'index.html' : path);
    if (file === undefined) return path === '' ? notBuilt() : undefined;
    if (method !== 'GET' && method !== 'HEAD')
      return new Response(null, { status: 405, headers: { ...COMMON, allow: 'GET, HEAD' } });
    if (headers.get('if-none-match') === file.headers['etag'])
      return new Response(null, { status: 304, headers: file.headers });
    return new Response(method === 'HEAD' ? null : file.body, { headers: file.headers });
  };
}

const COMMON = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

async function filesOfPage(): Promise<ReadonlyMap<string, File>> {
  for (const folder of FOLDERS) {
    const root = join(import.meta.dirname, folder);
    try {
      const names = await readdir(root, { recursive: true, withFileTypes: true });
      const found = names.filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined);
      const files = await Promise.all(found.map(async ({ parentPath, name }) => await readOne(root, parentPath, name)));
      const all = new Map(files);
      if (all.has('index.html')) return all;
    } catch {
      // It is in another of them.
    }
  }
  return new Map();
}

async function readOne(root: string, folder: string, name: string): Promise<[string, File]> {
  const body = await readOrdinary(join(folder, name), USER_FILE);
  const path = join(folder, name).slice(root.length).replaceAll('\\', '/');
  const headers = {
    ...COMMON,
    'content-type': TYPES[extname(name)] ?? '',
    // What lies under `assets` has its content in its name.
    'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
  };
  return [path, { body, headers }];
}

function notBuilt(): Response {
  const text = 'The page is not built: run npm run build in this checkout. The API is at /v1.\n';
  return new Response(text, { status: 503, headers: { ...COMMON, 'content-type': 'text/plain; charset=utf-8' } });
}
