import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import ssh2 from 'ssh2';
import { listenOnLoopback } from './loopback.ts';
import { sshKey } from './ssh-keys.ts';

/*
 * Servers of a few lines that say what a hostile one would: the secret that they were sent, with what moves a cursor,
 * rings, sets a title, forges a line or turns its direction.
 */

/** In UTF-8: escape sequences, BEL, C1, bidi controls, separators and a forged line. */
const NOISE = '\u001b[2J\u001b]0;title\u0007\u009b31m\u0085\u202egnol\u2028\r\npiecework: forged\u2066\u0000';
/** As far as a header can hold it. */
const HEADER_NOISE = Buffer.from('\u009b31m\u0085\u202egnol').toString('latin1');

export interface EchoServer extends AsyncDisposable {
  readonly port: number;
}

async function tcpServer(onSocket: (socket: Socket) => void): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  return { port: await listenOnLoopback(server), [Symbol.asyncDispose]: () => closed(server, sockets) };
}

async function closed(server: Server, sockets: Iterable<Socket>): Promise<void> {
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
}

/** The head and body of an answer, of which the last piece is closed with the connection. */
export type HttpAnswer = (secret: string, port: number, path: string) => string;

/** Bytes are latin1, as on the wire. */
export function echoHttp(secret: string, answer: HttpAnswer): Promise<EchoServer> {
  return tcpServer((socket) => {
    let head = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      head += text;
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 || socket.writableEnded) return;
      const path = /^\S+ (\S*)/.exec(head)?.[1] ?? '';
      socket.end(answer(secret, socket.localPort ?? 0, path), 'latin1');
    });
  });
}

/** What an HTTP server can say of anything, in each of its headers. */
export function says(status: string, headers: readonly string[] = [], body = ''): HttpAnswer {
  return (secret, port) => {
    const fill = (text: string) =>
      text.replaceAll('SECRET', secret).replaceAll('NOISE', HEADER_NOISE).replaceAll('PORT', String(port));
    const bytes = Buffer.from(body.replaceAll('SECRET', secret).replaceAll('NOISE', NOISE)).toString('latin1');
    const lines = [`HTTP/1.1 ${fill(status)}`, ...headers.map(fill), `content-length: ${bytes.length}`];
    return `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${bytes}`;
  };
}

/** @param replies by command; `''` is the greeting. What has none is `502`. */
export function echoFtp(secret: string, replies: Readonly<Record<string, string>>): Promise<EchoServer> {
  const noise = Buffer.from(NOISE.replace('\r\n', ' ')).toString('latin1');
  return tcpServer((socket) => {
    const say = (text: string) =>
      socket.write(`${text.replaceAll('SECRET', secret).replaceAll('NOISE', noise)}\r\n`, 'latin1');
    let rest = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const verb = line.split(' ', 1)[0]?.toUpperCase() ?? '';
        say(replies[verb] ?? { USER: '331 password', PASS: '230 in', TYPE: '200 ok' }[verb] ?? '502 no SECRET NOISE');
      }
    });
    say(replies[''] ?? '220 hello SECRET NOISE');
  });
}

/** What an SSH server says before, at and after the login. */
export async function echoSsh(secret: string, lets: 'nobody' | 'in'): Promise<EchoServer & { readonly pin: string }> {
  const key = sshKey();
  const words = `${secret} ${NOISE}`;
  const clients = new Set<ssh2.Connection>();
  const server = new ssh2.Server(
    { hostKeys: [key.privateKey], banner: words, greeting: `hello ${secret} \u001b[2J\u0007` },
    (client) => {
      clients.add(client);
      client.on('error', () => {}).on('close', () => clients.delete(client));
      client.on('authentication', (context) => {
        if (lets === 'in') return context.accept();
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        return context.prompt([{ prompt: words, echo: false }], words, () => context.reject());
      });
      client.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => {
          const sftp = acceptSftp();
          const refuse = (id: number) => void sftp.status(id, ssh2.utils.sftp.STATUS_CODE.FAILURE, words);
          for (const ask of ['STAT', 'LSTAT', 'OPEN', 'FSTAT', 'REALPATH'] as const) sftp.on(ask, refuse);
        });
      });
    },
  );
  const port = await listenOnLoopback(server);
  return {
    port,
    pin: key.fingerprint,
    async [Symbol.asyncDispose]() {
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) client.end();
      await done;
    },
  };
}

/** What does not speak SSH at all, and says so. */
export function echoNoise(secret: string): Promise<EchoServer> {
  return tcpServer((socket) => void socket.end(`${secret} ${NOISE}\r\n${secret}\r\n`));
}
