import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Poolable } from '../../net/pools/pool.ts';
import type { NetSettings } from '../../net/settings.ts';
import type { PullTls } from '../../net/sockets/pull-target.ts';
import type { FtpReply } from './errors.ts';
import { connectionError, ftpError, refusal } from './errors.ts';
import type { LineContext } from './line-context.ts';
import type { FtpTarget } from './url.ts';

/** What one connection finds out about its server, and the others need not try again. */
export interface FtpManners {
  /** Until it has refused EPSV, or the port that it named by it. */
  knowsEpsv: boolean;
}

/** Questions to one server, one after the other, each with its time-out. */
export class FtpCommands implements Poolable {
  readonly #context: LineContext;
  readonly #target: FtpTarget;
  readonly #settings: NetSettings;
  #features: ReadonlySet<string> = new Set();
  readonly manners: FtpManners;
  #spoilt = false;

  constructor(context: LineContext, target: FtpTarget, settings: NetSettings & { readonly manners: FtpManners }) {
    this.manners = settings.manners;
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

  /** It is not to be used again, though it is not closed yet. */
  spoil(): void {
    this.#spoilt = true;
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

  /**
   * Where we hung up a data connection, some servers say that it failed (426), and a moment later that it is closed
   * (226), which is no answer to any question that is asked here.
   */
  async ask(command: string): Promise<FtpReply> {
    const reply = await this.#exchange(command);
    return reply.code === 226 ? await this.#exchange(undefined) : reply;
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

  /** The address that the server has. */
  get serverAddress(): string {
    return (this.#context.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  }

  /**
   * Asks for a file; resolves when the server begins. Its last word is `undefined` when the control connection broke.
   */
  async start(command: string): Promise<{ readonly verdict: Promise<FtpReply | undefined> }> {
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

  /** With the session of the control connection: many servers take no other, so that no one else can fetch the data. */
  dataTls(): PullTls | undefined {
    if (!this.#context.hasTLS) return undefined;
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
