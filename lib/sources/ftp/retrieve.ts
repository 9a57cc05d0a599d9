import { closingOnAbort } from '../../net/pools/with-connection.ts';
import type { NetSettings } from '../../net/settings.ts';
import { PullSocket } from '../../net/sockets/pull-socket.ts';
import { stated } from '../../values/stated.ts';
import type { FtpCommands } from './commands.ts';
import type { FtpReply } from './errors.ts';
import { ftpError, refusal } from './errors.ts';
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

/** Opens the data connection, then asks for the file from `offset` on. */
export async function retrieve(
  commands: FtpCommands,
  target: FtpTarget,
  settings: NetSettings,
  offset: number,
  signal: AbortSignal,
): Promise<Download> {
  const data = await openData(commands, target, settings, signal);
  try {
    return await closingOnAbort(commands, signal, async () => {
      if (offset > 0) await restartAt(commands, target, offset);
      return { data, ...(await commands.start(`RETR ${target.path}`)) };
    });
  } catch (error) {
    data.close();
    throw error;
  }
}

async function restartAt(commands: FtpCommands, target: FtpTarget, offset: number): Promise<void> {
  const answer = await commands.ask(`REST ${offset}`);
  if (answer.code === 421) throw refusal(target, answer, 'REST');
  if (answer.code !== 350) {
    throw ftpError(
      'RangesNotHonoured',
      target,
      `the server does not start at an offset (REST: ${answer.code})`,
      answer,
    );
  }
}

/**
 * Passive, extended where the server knows it. Never to another host than that of the control connection, whatever
 * PASV says.
 */
async function openData(
  commands: FtpCommands,
  target: FtpTarget,
  settings: NetSettings,
  signal: AbortSignal,
): Promise<PullSocket> {
  const { manners } = commands;
  const wasExtended = manners.knowsEpsv;
  const port = await portOf(commands, target, settings);
  const { connectTimeoutMs: timeoutMs } = settings;
  try {
    const tls = stated({ tls: commands.dataTls() });
    return await PullSocket.open({ host: commands.serverAddress, port, timeoutMs, ...tls }, signal);
  } catch (error) {
    signal.throwIfAborted();
    // A firewall may know the one way and not the other.
    if (wasExtended && manners.knowsEpsv) {
      manners.knowsEpsv = false;
      try {
        return await openData(commands, target, settings, signal);
      } catch {
        signal.throwIfAborted();
        manners.knowsEpsv = true;
      }
    }
    commands.spoil();
    const { code } = Object(error) as { code?: string };
    throw ftpError(
      code === 'ETIMEDOUT' ? 'SourceTimeout' : 'SourceRefused',
      target,
      `the data connection to ${target.host}, port ${port}, was not reached (${code ?? 'no connection'}); a firewall may close the server's passive ports`,
      undefined,
      error,
    );
  }
}

async function portOf(commands: FtpCommands, target: FtpTarget, settings: NetSettings): Promise<number> {
  const extended = commands.manners.knowsEpsv ? await commands.ask('EPSV') : undefined;
  if (extended?.code === 229) {
    return checkedPort(Number(/\((.)\1\1(\d{1,5})\1\)/.exec(extended.message)?.[2]), extended, target, settings);
  }
  if (extended !== undefined && extended.code < 500) throw refusal(target, extended, 'a data connection (EPSV)');
  commands.manners.knowsEpsv = false;
  const passive = await commands.ask('PASV');
  if (passive.code !== 227) throw refusal(target, passive, 'a data connection (PASV)');
  const [, high, low] = /(?:\d{1,3},){4}(\d{1,3}),(\d{1,3})(?!\d)/.exec(passive.message) ?? [];
  return checkedPort(Number(high) * 256 + Number(low), passive, target, settings);
}

function checkedPort(port: number, answer: FtpReply, target: FtpTarget, { guard }: NetSettings): number {
  // Where others choose the server, it is not to choose another service of its host.
  if (guard !== undefined && port > 0 && port < LEAST_GUARDED_PORT) {
    throw ftpError(
      'GuardRefused',
      target,
      `the server names port ${port} for the data connection, which is not contacted; passive ports are ${LEAST_GUARDED_PORT} and above`,
    );
  }
  if (port > 0 && port <= 0xffff) return port;
  throw ftpError(
    'SourceMalformed',
    target,
    `the server names no port for the data connection (${answer.code})`,
    answer,
  );
}
