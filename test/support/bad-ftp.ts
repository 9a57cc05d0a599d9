import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, listenOnLoopback } from './loopback.ts';
import { patternBytes } from './pattern.ts';

/** One file, and how the server misbehaves about it. */
export interface BadFtpOptions {
  readonly size?: number;
  /** Replies come in packets of one byte. */
  readonly dribbles?: boolean;
  /** In place of the true size; `null` = SIZE is unknown to it. */
  readonly saysSize?: number | null;
  readonly saysTime?: string | null;
  /** `refuses`: it is unknown. `ignores`: taken, and everything sent. `refuses the RETR`: taken, and then 451. */
  readonly rest?: 'refuses' | 'ignores' | 'refuses the RETR';
  readonly ascii?: boolean;
  /** The file is there, with size and date, and RETR is refused as vsftpd refuses what its user may not read. */
  readonly unreadable?: boolean;
  /** PASV names this address; EPSV is unknown then. */
  readonly pasvHost?: string;
  /** PASV and EPSV name this port, where it listens not. */
  readonly passivePort?: number;
  /** The data port that is named takes no connections. */
  readonly deadDataPort?: boolean;
  /** The control connection is cut in the middle of the n-th RETR. */
  readonly cutsControlAt?: number;
  /** The data connection is cut in the middle of the n-th RETR, with 426. */
  readonly cutsDataAt?: number;
  /** Logins beyond so many at a time are refused. */
  readonly maxLogins?: number;
  readonly refusesWith?: '421' | '530' | '530, without a reason';
  /** The port that EPSV names refuses connections; PASV works. */
  readonly deadExtendedPort?: boolean;
  /** The file gets another time after so many RETR. */
  readonly changesAfter?: number;
  /** After a hang-up: what the server says. @default '426' */
  readonly afterHangUp?: '426' | '451' | '226' | '426, 226' | 'nothing';
  readonly password?: string;
}

export interface BadFtp extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly commands: readonly string[];
  /** Most logins at one time. */
  readonly mostLogins: number;
}

/** A scripted FTP server for whatever a real one does only when it is ill. */
export async function startBadFtp(options: BadFtpOptions = {}): Promise<BadFtp> {
  const { size = 300_000, password = 'sesame' } = options;
  const sockets = new Set<Socket>();
  const dataServers = new Set<Server>();
  const commands: string[] = [];
  const counts = { retrievals: 0, logins: 0, mostLogins: 0 };

  const server = createServer((control) => {
    sockets.add(control);
    let isIn = false;
    let offset = 0;
    let data: Promise<Socket> | undefined;
    let said = Promise.resolve();
    const say = (text: string) => {
      said = said.then(() => dribble(control, `${text}\r\n`, options.dribbles === true));
    };
    control.on('error', () => {});
    control.on('close', () => {
      sockets.delete(control);
      if (isIn) counts.logins -= 1;
    });

    async function listen(): Promise<number> {
      const passive = createServer();
      dataServers.add(passive);
      data = once(passive, 'connection').then(([socket]: Socket[]) => {
        if (socket === undefined) throw new Error('no connection');
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
        passive.close();
        return socket;
      });
      data.catch(() => {});
      const port = await listenOnLoopback(passive);
      if (options.deadDataPort === true) passive.close();
      return options.passivePort ?? port;
    }

    /** Whether all of it went out. */
    async function pour(socket: Socket, from: number, isCut: boolean): Promise<boolean> {
      for (let at = from; at < size; at += 10_000) {
        if (socket.destroyed || (isCut && at - from >= 20_000)) return false;
        if (socket.write(patternBytes(at, Math.min(10_000, size - at)))) continue;
        await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
      }
      return !socket.destroyed;
    }

    async function send(): Promise<void> {
      counts.retrievals += 1;
      const number = counts.retrievals;
      const socket = await data;
      if (socket === undefined) return say('425 no data connection');
      say('150 here it comes');
      const from = options.rest === 'ignores' ? 0 : offset;
      offset = 0;
      const isWhole = await pour(socket, from, number === options.cutsControlAt || number === options.cutsDataAt);
      if (number === options.cutsControlAt) {
        await said;
        control.destroy();
        socket.destroy();
        return;
      }
      if (isWhole) {
        socket.end();
        return say('226 done');
      }
      socket.destroy();
      await sayHungUp(options.afterHangUp ?? '426');
    }

    async function sayHungUp(answers: NonNullable<BadFtpOptions['afterHangUp']>): Promise<void> {
      if (answers === 'nothing') return;
      for (const [index, code] of answers.split(', ').entries()) {
        if (index > 0) await delay(5);
        say(`${code} connection closed`);
      }
    }

    async function retrieve(): Promise<void> {
      if (options.unreadable === true) return say('550 Failed to open file.');
      if (options.rest !== 'refuses the RETR' || offset === 0) return await send();
      offset = 0;
      say('451 Restart not permitted, try again');
    }

    function logIn(given: string): unknown {
      if (given !== password) return say('530 Login incorrect.');
      if (counts.logins >= (options.maxLogins ?? Number.POSITIVE_INFINITY)) {
        return say(
          options.refusesWith === '421'
            ? '421 There are too many connected users.'
            : options.refusesWith === '530, without a reason'
              ? '530 No.'
              : '530 Sorry, the maximum number of clients is reached.',
        );
      }
      counts.logins += 1;
      counts.mostLogins = Math.max(counts.mostLogins, counts.logins);
      isIn = true;
      return say('230 in');
    }

    function time(): string {
      const isLater = counts.retrievals > (options.changesAfter ?? Number.POSITIVE_INFINITY);
      return isLater ? '20260202020202' : (options.saysTime ?? '20260101010101');
    }

    async function extended(): Promise<void> {
      if (options.pasvHost !== undefined) return say('500 what?');
      say(`229 extended (|||${options.deadExtendedPort === true ? await freePort() : await listen()}|)`);
    }

    async function passive(): Promise<void> {
      const port = await listen();
      say(`227 passive (${(options.pasvHost ?? '127.0.0.1').replaceAll('.', ',')},${port >> 8},${port & 255})`);
    }

    function restart(argument: string): unknown {
      if (options.rest === 'refuses') return say('502 not implemented');
      offset = Number(argument);
      return say('350 go on');
    }

    const restFeature = options.rest === 'refuses' ? '' : ' REST STREAM\r\n';
    const answers: Readonly<Record<string, (argument: string) => unknown>> = {
      USER: () => say('331 password, please'),
      PASS: logIn,
      FEAT: () => say(`211-Features\r\n SIZE\r\n MDTM\r\n${restFeature}211 End`),
      TYPE: (type) => say(options.ascii === true && type === 'I' ? '504 ASCII only' : '200 ok'),
      SIZE: () => say(options.saysSize === null ? '502 not implemented' : `213 ${options.saysSize ?? size}`),
      MDTM: () => say(options.saysTime === null ? '502 not implemented' : `213 ${time()}`),
      EPSV: extended,
      PASV: passive,
      REST: restart,
      RETR: retrieve,
      CWD: () => say('550 no such folder'),
      QUIT: () => void control.end(),
    };

    async function answer(line: string): Promise<void> {
      const [verb = '', argument = ''] = line.split(/ (.*)/);
      await (answers[verb.toUpperCase()] ?? (() => say('502 not implemented')))(argument);
    }

    let rest = '';
    control.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        commands.push(line);
        answer(line).catch(() => control.destroy());
      }
    });
    say('220 hello');
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    url: `ftp://me:${password}@127.0.0.1:${port}/file.bin`,
    commands,
    get mostLogins() {
      return counts.mostLogins;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      for (const passive of dataServers) passive.close();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Byte by byte, each in a packet of its own as far as the network lets it. */
async function dribble(socket: Socket, text: string, slowly: boolean): Promise<void> {
  if (!slowly) return void socket.write(text, 'latin1');
  socket.setNoDelay(true);
  for (const letter of text) {
    socket.write(letter, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
