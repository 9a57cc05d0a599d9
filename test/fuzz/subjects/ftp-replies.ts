import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { netSettings } from '../../../lib/net/settings.ts';
import { FtpCommands } from '../../../lib/sources/ftp/commands.ts';
import { explained, factsOf } from '../../../lib/sources/ftp/facts.ts';
import { LineContext } from '../../../lib/sources/ftp/line-context.ts';
import { retrieve } from '../../../lib/sources/ftp/retrieve.ts';
import { ftpTarget } from '../../../lib/sources/ftp/url.ts';
import { mutatedBytes } from '../inputs.ts';
import { refusingLater, subject } from '../subject.ts';

/** Between what is said to one command and to the next. */
const NEXT = '\x1e';
const CONVERSATIONS = [
  [
    '220 ready',
    '211-Features:\r\n UTF8\r\n REST STREAM\r\n211 End',
    '200 on',
    '213 1000',
    '213 20260102030405.678',
    '229 (|||1|)',
  ],
  [
    '220-Hello\r\n and welcome\r\n220 ready',
    '500 what?',
    '550 no such file',
    '550 no such file',
    '522 no',
    '227 (127,0,0,1,0,1)',
  ],
  ['120 in a while\r\n220 ready', '211 none', '213 99999999999999999', '213 20261332256199', '421 bye'],
].map((replies) => replies.map((reply) => `${reply}\r\n`).join(NEXT));
const WORDS = [NEXT, '211-', '213 ', '229 Entering (|||70000|)', '227 (1,2,3,4,999,1)', '550 ', '99', '-1'];

const TARGET = ftpTarget({ url: 'ftp://me:secret@127.0.0.1/folder/file.bin' });
const SETTINGS = { ...netSettings({ headersTimeoutMs: 60_000 }), trust: () => undefined };
const signal = AbortSignal.timeout(2 ** 31 - 1);

export const FTP_REPLIES = [
  subject({
    name: 'ftp-replies',
    weight: 1,
    inputs: mutatedBytes(CONVERSATIONS, WORDS),
    begin: () => async (text) => {
      const socket = new Server(text);
      const commands = new FtpCommands(new LineContext(), TARGET, { ...SETTINGS, manners: { knowsEpsv: true } });
      await refusingLater(async () => {
        const greeting = commands.begin(socket as unknown as Socket, undefined);
        socket.speak();
        await greeting;
        await commands.learnFeatures();
        const facts = await factsOf(commands, TARGET);
        const { sizeBytes } = facts;
        if (sizeBytes !== undefined && !(sizeBytes >= 0)) throw new TypeError(`the size ${sizeBytes}`);
        const failure = await retrieve(commands, TARGET, SETTINGS, 1, signal).catch((error: unknown) => error);
        await explained(failure, commands, TARGET, facts);
        if (failure instanceof Error) throw failure;
      });
      commands.close();
    },
  }),
];

/** A control connection: says the next reply after each command, and ends when that was not enough. */
class Server extends EventEmitter {
  readonly remoteAddress = '127.0.0.1';
  readonly localPort = 1;
  readonly #replies: string[];
  #said = 0;

  constructor(text: string) {
    super();
    this.#replies = text.split(NEXT);
  }

  speak(): void {
    const reply = this.#replies.shift();
    this.#said += 1;
    const turn = this.#said;
    if (reply !== undefined) this.emit('data', reply);
    setImmediate(() => {
      if (this.#said === turn) this.emit('end');
    });
  }

  write(_command: string): boolean {
    queueMicrotask(() => this.speak());
    return true;
  }

  setTimeout(): void {}
  setKeepAlive(): void {}
  setEncoding(): void {}
  end(): void {}
  destroy(): void {}
}
