import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from './certificates.ts';
import { findProgram, startDaemon } from './daemon.ts';
import { freePort } from './loopback.ts';

export interface NginxOptions {
  /** Of each connection at `limited`. @default 8 MiB */
  readonly limitBytesPerSecond?: number;
}

/** One answer, logged when its last byte was sent or its connection broke. */
export interface NginxAnswer {
  readonly server: 'http' | 'https' | 'limited';
  /** Such as `GET /file HTTP/1.1`. */
  readonly request: string;
  readonly status: number;
  /** Handed to the system: of a broken connection not all of it was read by the client. */
  readonly bodyBytesSent: number;
  /** As the client sent them; empty = not at all. */
  readonly range: string;
  readonly ifRange: string;
}

/** nginx over one folder at three places; closing it stops it and removes the folder. */
export interface Nginx extends AsyncDisposable {
  /** What is put there is served under its name. */
  readonly folder: string;
  /** `http://127.0.0.1:port/`, as fast as it goes. */
  readonly http: string;
  /** The same behind TLS. */
  readonly https: string;
  /** `http:` again, each connection with a speed limit of its own. */
  readonly limited: string;
  /** PEM file of the authority that `https` is trusted by. */
  readonly caFile: string;
  readonly version: string;
  /** All answers so far. */
  log(): Promise<readonly NginxAnswer[]>;
}

/** Finds nginx; what is returned starts it on free ports of loopback. @throws ServerMissing */
export async function nginx(): Promise<(options?: NginxOptions) => Promise<Nginx>> {
  const command = await findProgram('nginx', 'apt-get install nginx');
  return (options = {}) => start(command, options);
}

async function start(command: string, { limitBytesPerSecond = 8 * 1024 ** 2 }: NginxOptions): Promise<Nginx> {
  const own = await mkdtemp(join(tmpdir(), 'piecework-nginx-'));
  const folder = join(own, 'files');
  await mkdir(folder);
  const authority = createAuthority();
  const leaf = authority.issue();
  const caFile = join(own, 'ca.pem');
  await writeFile(caFile, authority.cert);
  await writeFile(join(own, 'cert.pem'), leaf.cert);
  await writeFile(join(own, 'key.pem'), leaf.key);
  const config = join(own, 'nginx.conf');
  let ports = { http: 0, https: 0, limited: 0 };
  const daemon = await startDaemon(command, async (http) => {
    ports = { http, https: await freePort(), limited: await freePort() };
    await writeFile(config, configuration(own, ports, limitBytesPerSecond));
    return ['-e', 'stderr', '-p', own, '-c', config];
  });
  return {
    folder,
    http: `http://127.0.0.1:${ports.http}/`,
    https: `https://127.0.0.1:${ports.https}/`,
    limited: `http://127.0.0.1:${ports.limited}/`,
    caFile,
    version: await versionOf(ports.http),
    log: async () => parseLog(await readFile(join(own, 'access.log'), 'utf8'), ports),
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await rm(own, { recursive: true, force: true });
    },
  };
}

type Ports = Readonly<Record<NginxAnswer['server'], number>>;

function configuration(own: string, ports: Ports, limitBytesPerSecond: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${own}/${name};`,
  );
  // As root its workers would run as an account that may not read the folder.
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root root;' : ''}
worker_processes auto;
pid ${own}/nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  ${temporary.join('\n  ')}
  log_format answers escape=json '{"port":$server_port,"request":"$request","status":$status,"bodyBytesSent":$body_bytes_sent,"range":"$http_range","ifRange":"$http_if_range"}';
  access_log ${own}/access.log answers;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  default_type application/octet-stream;
  root ${own}/files;
  server {
    listen 127.0.0.1:${ports.http};
  }
  server {
    listen 127.0.0.1:${ports.https} ssl;
    ssl_certificate ${own}/cert.pem;
    ssl_certificate_key ${own}/key.pem;
    ssl_session_cache shared:tls:1m;
  }
  server {
    listen 127.0.0.1:${ports.limited};
    limit_rate ${limitBytesPerSecond};
  }
}
`;
}

function parseLog(text: string, ports: Ports): NginxAnswer[] {
  // A line that is being written has no end yet.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const { port, ...answer } = JSON.parse(line) as Omit<NginxAnswer, 'server'> & { readonly port: number };
    const server = port === ports.https ? 'https' : port === ports.limited ? 'limited' : 'http';
    return { server, ...answer };
  });
}

async function versionOf(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  await answer.arrayBuffer();
  return answer.headers.get('server')?.replace('/', ' ') ?? 'nginx';
}
