import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Poolable } from '../../net/pool.ts';
import type { PullTls } from '../../net/pull-socket.ts';
import { PullSocket } from '../../net/pull-socket.ts';
import type { NetSettings } from '../../net/settings.ts';
import type { FtpReply } from './errors.ts';
import { connectionError, ftpError, refusal } from './errors.ts';
import type { LineContext } from './line-context.ts';
import type { FtpTarget } from './url.ts';

/** Below are the ports of well-known services (RFC 6335 §6). */
const LEAST_GUARDED_PORT = 1024;

/** A file on its way. */
export interface Download {
  /** Nothing of it is read yet. */
  readonly data: PullSocket;
  /** What the server says at the end; `undefined` when the control connection broke. */
  readonly verdict: Promise<FtpReply | undefined>;
}

/** Questions to one server, one after the other, each with its time-out. */
export class FtpCommands implements Poolable {
  readonly #context: LineContext;
  readonly #target: FtpTarget;
  readonly #settings: NetSettings;
  #features: ReadonlySet<string> = new Set();
  #knowsEpsv = true;
  #spoilt = false;

  constructor(context: LineContext, target: FtpTarget, settings: NetSettings) {
    this.#context = context;
    this.#target = target;
    this.#settings = settings;
  }

  get usable(): boolean {
    return !this.#spoilt && !this.#context.closed;
  }

  close(): void {
    this.#spoilt = true;
    this.#context.close();
  }

  /** Takes a new connection on and hears its first reply. */
  async begin(socket: Socket, tlsOptions: ConnectionOptions | undefined): Promise<FtpReply> {
    this.#context.socket = socket;
    if (tlsOptions !== undefined) this.#context.tlsOptions = tlsOptions;
    return await this.#exchange(undefined);
  }

  async upgrade(start: (plain: Socket) => Promise<TLSSocket>, tlsOptions: ConnectionOptions): Promise<void> {
    const plain = this.#context.socket;
    // What a stranger on the way put behind the answer to AUTH is not to be read as said under TLS.
    plain.removeAllListeners('data');
    this.#context.socket = await start(plain);
    this.#context.tlsOptions = tlsOptions;
  }

  ask(command: string): Promise<FtpReply> {
    return this.#exchange(command);
  }

  async learnFeatures(): Promise<void> {
    const { code, message } = await this.ask('FEAT');
    if (code !== 211) return;
    const lines = message.split('\n').slice(1, -1);
    this.#features = new Set(lines.map((line) => line.trim().toUpperCase()));
    if (this.#features.has('UTF8')) await this.ask('OPTS UTF8 ON');
  }

  /** Announced (RFC 3659 §5), which is not yet proved. */
  get announcesRestart(): boolean {
    return this.#features.has('REST STREAM');
  }

  /** Opens the data connection, then asks for the file from `offset` on. */
  async retrieve(offset: number, signal: AbortSignal): Promise<Download> {
    const data = await this.#passive(signal);
    const stop = () => this.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (offset > 0) await this.#restartAt(offset);
      return { data, ...(await this.#start(`RETR ${this.#target.path}`)) };
    } catch (error) {
      data.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #restartAt(offset: number): Promise<void> {
    const answer = await this.ask(`REST ${offset}`);
    if (answer.code === 421) throw refusal(this.#target, answer, 'REST');
    if (answer.code !== 350) {
      throw ftpError(
        'RangesNotHonoured',
        this.#target,
        `the server does not start at an offset (REST: ${answer.code})`,
        answer,
      );
    }
  }

  /** Resolves when the server begins. */
  async #start(command: string): Promise<Pick<Download, 'verdict'>> {
    const begun = Promise.withResolvers<FtpReply | undefined>();
    const watch = this.#watch();
    const verdict = this.#context
      .handle(command, (answer, task) => {
        const reply = replyIn(answer);
        if (reply === undefined) task.reject(answer as Error);
        else if (reply.code >= 200) task.resolve(reply);
        else begun.resolve(undefined);
      })
      .then((reply: FtpReply) => reply);
    verdict.then(begun.resolve, begun.reject);
    try {
      const early = await begun.promise;
      if (early !== undefined && early.code >= 300) throw refusal(this.#target, early, 'the file');
    } catch (error) {
      throw this.#failure(error);
    } finally {
      watch();
    }
    return { verdict: verdict.catch(() => undefined) };
  }

  /** Passive, extended where the server knows it. Never to another host than that of the control connection, whatever PASV says. */
  async #passive(signal: AbortSignal): Promise<PullSocket> {
    const port = (this.#knowsEpsv ? await this.#extendedPort() : undefined) ?? (await this.#passivePort());
    const host = (this.#context.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
    try {
      const tls = this.#context.hasTLS ? { tls: this.#dataTls() } : {};
      return await PullSocket.open({ host, port, timeoutMs: this.#settings.connectTimeoutMs, ...tls }, signal);
    } catch (error) {
      this.#spoilt = true;
      signal.throwIfAborted();
      const { code } = Object(error) as { code?: string };
      throw ftpError(
        code === 'ETIMEDOUT' ? 'SourceTimeout' : 'SourceRefused',
        this.#target,
        `the data connection to ${this.#target.host}, port ${port}, was not reached (${code ?? 'no connection'}); a firewall may close the server's passive ports`,
        undefined,
        error,
      );
    }
  }

  async #extendedPort(): Promise<number | undefined> {
    const answer = await this.ask('EPSV');
    if (answer.code === 229) return this.#port(answer, Number(/\((.)\1\1(\d{1,5})\1\)/.exec(answer.message)?.[2]));
    if (answer.code < 500) throw refusal(this.#target, answer, 'a data connection (EPSV)');
    this.#knowsEpsv = false;
    return undefined;
  }

  async #passivePort(): Promise<number> {
    const answer = await this.ask('PASV');
    if (answer.code !== 227) throw refusal(this.#target, answer, 'a data connection (PASV)');
    const [, high, low] = /(?:\d{1,3},){4}(\d{1,3}),(\d{1,3})(?!\d)/.exec(answer.message) ?? [];
    return this.#port(answer, Number(high) * 256 + Number(low));
  }

  #port(answer: FtpReply, port: number): number {
    // Where others choose the server, it is not to choose another service of its host.
    if (this.#settings.guard !== undefined && port > 0 && port < LEAST_GUARDED_PORT) {
      throw ftpError(
        'GuardRefused',
        this.#target,
        `the server names port ${port} for the data connection, which is not contacted; passive ports are ${LEAST_GUARDED_PORT} and above`,
      );
    }
    if (port > 0 && port <= 0xffff) return port;
    throw ftpError(
      'SourceMalformed',
      this.#target,
      `the server names no port for the data connection (${answer.code})`,
      answer,
    );
  }

  /** With the session of the control connection: many servers take no other, so that nobody else can fetch the data. */
  #dataTls(): PullTls {
    const control = this.#context.socket as TLSSocket;
    const session = this.#context.tlsSessionStore ?? control.getSession();
    return {
      options: { ...this.#context.tlsOptions, ...(session === undefined ? {} : { session }) },
      onSession: (next) => {
        this.#context.tlsSessionStore = next;
      },
      // The server begins its half when it is asked for the file.
      waitForHandshake: false,
    };
  }

  /** Any reply, also one that says no. */
  async #exchange(command: string | undefined): Promise<FtpReply> {
    const watch = this.#watch();
    try {
      return await this.#context.handle(command, (answer, task) => {
        const reply = replyIn(answer);
        if (reply === undefined) task.reject(answer as Error);
        // 120: ready in a while.
        else if (reply.code >= 200) task.resolve(reply);
      });
    } catch (error) {
      throw this.#failure(error);
    } finally {
      watch();
    }
  }

  #watch(): () => void {
    const timer = setTimeout(() => {
      this.#context.closeWithError(ftpError('SourceTimeout', this.#target, 'the server gave no answer in time'));
    }, this.#settings.headersTimeoutMs);
    return () => clearTimeout(timer);
  }

  #failure(error: unknown): Error {
    return connectionError(this.#target, this.#context.closedBecause ?? error, 'head');
  }
}

/** basic-ftp gives replies from 400 on as errors with a numeric code. */
function replyIn(answer: Error | FtpReply): FtpReply | undefined {
  const { code, message } = answer as { code?: unknown; message: string };
  return typeof code === 'number' ? { code, message } : undefined;
}
