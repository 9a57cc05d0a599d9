import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { speaksNoTls } from '../../net/errors/tls-faults.ts';
import { closingOnAbort } from '../../net/pools/with-connection.ts';
import type { NetSettings } from '../../net/settings.ts';
import { connectTcp } from '../../net/sockets/tcp.ts';
import { startTls, tlsOptionsOf } from '../../net/sockets/tls.ts';
import type { FtpManners } from './commands.ts';
import { FtpCommands } from './commands.ts';
import type { FtpReply } from './errors.ts';
import { connectionError, FtpFull, ftpError, LoginRefused, refusal } from './errors.ts';
import type { FtpTarget } from './url.ts';

export interface FtpSettings extends NetSettings {
  /** Authorities that are trusted; `undefined` = Node's own. */
  readonly trust: () => SecureContext | undefined;
}

export interface LoginSettings extends FtpSettings {
  readonly manners: FtpManners;
}

/** A control connection, logged in, in binary mode. @throws FtpFull, PieceworkError, or the signal's reason. */
export async function logIn(target: FtpTarget, settings: LoginSettings, signal: AbortSignal): Promise<FtpCommands> {
  const commands = await greeted(target, settings, signal);
  try {
    await closingOnAbort(commands, signal, () => introduce(commands, target));
    signal.throwIfAborted();
    return commands;
  } catch (error) {
    commands.close();
    throw error;
  }
}

async function greeted(target: FtpTarget, settings: LoginSettings, signal: AbortSignal): Promise<FtpCommands> {
  try {
    if (target.security !== 'either')
      return await greet(target, settings, await connected(target, settings, signal), signal);
    const secure = await tlsFirst(target, settings, signal);
    return secure ?? (await greet(target, settings, await connected(target, settings, signal), signal));
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof FtpFull ? error : connectionError(target, error, 'head');
  }
}

function connected({ host, port }: FtpTarget, settings: FtpSettings, signal: AbortSignal): Promise<Socket> {
  return connectTcp({ host, port, lookup: settings.lookup, timeoutMs: settings.connectTimeoutMs }, signal);
}

/** `undefined` where the server talks first and in the clear: then it waits for AUTH TLS. */
async function tlsFirst(
  target: FtpTarget,
  settings: LoginSettings,
  signal: AbortSignal,
): Promise<FtpCommands | undefined> {
  const socket = await connected(target, settings, signal);
  try {
    const secure = await startTls(socket, tlsTarget(target, settings), signal);
    return await greet(target, settings, secure, signal);
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    if (typeof code === 'string' && speaksNoTls(code)) return undefined;
    throw error;
  }
}

function tlsTarget({ host }: FtpTarget, { trust, connectTimeoutMs }: FtpSettings) {
  return { host, secureContext: trust(), timeoutMs: connectTimeoutMs };
}

/** The server's first words, and TLS where it is not there yet. */
async function greet(
  target: FtpTarget,
  settings: LoginSettings,
  socket: Socket,
  signal: AbortSignal,
): Promise<FtpCommands> {
  const { LineContext } = await import('./line-context.ts');
  const commands = new FtpCommands(new LineContext(), target, settings);
  try {
    await closingOnAbort(commands, signal, () => hearGreeting(commands, target, settings, socket, signal));
    return commands;
  } catch (error) {
    commands.close();
    socket.destroy();
    throw error;
  }
}

async function hearGreeting(
  commands: FtpCommands,
  target: FtpTarget,
  settings: FtpSettings,
  socket: Socket,
  signal: AbortSignal,
): Promise<void> {
  const isSecure = 'encrypted' in socket;
  const welcome = await commands.begin(socket, isSecure ? tlsOptionsOf(tlsTarget(target, settings)) : undefined);
  if (welcome.code === 421 || welcome.code === 530) throw new FtpFull(welcome);
  if (welcome.code !== 220) throw refusal(target, welcome, 'the connection');
  if (target.security === 'none' || isSecure) return;
  const answer = await commands.ask('AUTH TLS');
  if (answer.code !== 234) {
    throw ftpError(
      'SourceTls',
      target,
      `the server knows no TLS (${answer.code}); ftp:// is FTP without protection`,
      answer,
    );
  }
  await commands.upgrade(
    (plain) => startTls(plain, tlsTarget(target, settings), signal),
    tlsOptionsOf(tlsTarget(target, settings)),
  );
}

async function introduce(commands: FtpCommands, target: FtpTarget): Promise<void> {
  if (target.security !== 'none') {
    await commands.ask('PBSZ 0');
    const answer = await commands.ask('PROT P');
    if (answer.code !== 200)
      throw ftpError('SourceTls', target, `the server protects no data connections (${answer.code})`, answer);
  }
  await authenticate(commands, target);
  await commands.learnFeatures();
  const binary = await commands.ask('TYPE I');
  if (binary.code !== 200) throw refusal(target, binary, 'TYPE I, binary mode');
}

async function authenticate(commands: FtpCommands, target: FtpTarget): Promise<void> {
  const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
  let answer = await commands.ask(`USER ${bytes(target.user)}`);
  if (answer.code === 331) answer = await commands.ask(`PASS ${bytes(target.password)}`);
  if (answer.code === 230 || answer.code === 202 || answer.code === 232) return;
  if (isFull(answer)) throw new FtpFull(answer);
  if (answer.code === 332) {
    throw ftpError(
      'SourceUnauthorized',
      target,
      'the server wants an account besides user and password (332), which is not supported',
      answer,
    );
  }
  if (answer.code < 500) throw refusal(target, answer, 'the login');
  throw new LoginRefused(target, answer);
}

/**
 * 530 means a wrong password as well as too many connections. At first contact only the text can tell; with a login of
 * ours that stands, the pool knows.
 */
function isFull({ code, message }: FtpReply): boolean {
  return code === 421 || (code === 530 && /too many|maximum|limit|already connected|try again later/i.test(message));
}
