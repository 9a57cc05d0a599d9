import { PieceworkError } from '../../errors/error.ts';
import type { Lease } from '../../net/pools/pool.ts';
import type { FtpCommands } from './commands.ts';
import type { FtpFacts } from './facts.ts';
import { explained } from './facts.ts';
import type { FtpContext } from './fetch.ts';
import { fetchOn } from './fetch.ts';
import type { FtpTarget } from './url.ts';

/** Why a file is read in one go. */
export type Shortcoming = 'no ranges' | 'size is wrong';

/** Whether the last byte alone comes, and nothing behind it: then the server has ranges, and its SIZE is right. */
export async function tryLastByte(
  context: FtpContext,
  target: FtpTarget,
  lease: Lease<FtpCommands>,
  facts: FtpFacts,
  signal: AbortSignal,
): Promise<'ranges' | Shortcoming> {
  const last = Math.max(0, (facts.sizeBytes ?? 0) - 1);
  const kept = keptLease(lease);
  try {
    await using reader = await fetchOn(
      context,
      target,
      kept,
      { facts, start: last, wantedBytes: 1, hangUp: false },
      signal,
    );
    const into = new Uint8Array(1);
    const got = await reader.read(into);
    return got === 1 && (await reader.read(into)) === 0 ? 'ranges' : 'size is wrong';
  } catch (error) {
    signal.throwIfAborted();
    return await verdictOf(error, lease.connection, target, facts);
  }
}

/** What the trial gives back stays with us: its connection goes on with what is found. */
function keptLease(lease: Lease<FtpCommands>): Lease<FtpCommands> {
  let given = true;
  return {
    ...lease,
    release(state) {
      if (given && state === 'spent') lease.connection.close();
      given = false;
    },
  };
}

async function verdictOf(
  error: unknown,
  commands: FtpCommands,
  target: FtpTarget,
  facts: FtpFacts,
): Promise<Shortcoming> {
  if (!(error instanceof PieceworkError)) throw error;
  if (error.code === 'RangesNotHonoured' || refusesOffset(error)) return 'no ranges';
  if (error.code === 'BodyLong' || error.code === 'BodyShort') return 'size is wrong';
  throw await explained(error, commands, target, facts);
}

/**
 * Some servers take REST and refuse the RETR behind it (ProFTPD, with AllowRetrieveRestart off). Where another reason
 * stands behind this, the file read from its beginning will show it.
 */
function refusesOffset({ details }: PieceworkError): boolean {
  return [451, 501, 504, 554].some((code) => code === details.ftpReply);
}
