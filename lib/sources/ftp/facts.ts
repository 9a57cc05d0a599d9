import { PieceworkError } from '../../errors/error.ts';
import { toIso } from '../../values/time.ts';
import type { FtpCommands } from './commands.ts';
import type { FtpReply } from './errors.ts';
import { ftpError, missing, refusal } from './errors.ts';
import type { FtpTarget } from './url.ts';

/** What the server says of a file without sending it. */
export interface FtpFacts {
  /** `undefined` = it does not say. */
  readonly sizeBytes: number | undefined;
  /** ISO 8601; `undefined` = it does not say. */
  readonly modifiedAt: string | undefined;
  /** It refused both questions as if there were no such file; RETR has the last word. */
  readonly looksMissing: boolean;
}

/** SIZE and MDTM (RFC 3659 §3, §4). */
export async function factsOf(commands: FtpCommands, target: FtpTarget): Promise<FtpFacts> {
  const size = await commands.ask(`SIZE ${target.path}`);
  stopAt(size, target);
  const modified = await commands.ask(`MDTM ${target.path}`);
  stopAt(modified, target);
  return {
    sizeBytes: size.code === 213 ? sizeIn(size) : undefined,
    modifiedAt: modified.code === 213 ? timeIn(modified) : undefined,
    looksMissing: size.code === 550 && modified.code === 550,
  };
}

/** These are about the connection, not about the file. */
function stopAt(reply: FtpReply, target: FtpTarget): void {
  if (reply.code === 421 || reply.code === 530) throw refusal(target, reply, 'to speak of the file');
}

function sizeIn({ message }: FtpReply): number | undefined {
  const [, digits] = /^213 +(\d{1,16})\b/.exec(message) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** `213 20260102030405.678`, in UTC. */
function timeIn({ message }: FtpReply): string | undefined {
  const match = /^213 +(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3}))?/.exec(message);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '0'] = match;
  const at = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, '0')),
  );
  return Number.isNaN(at) ? undefined : toIso(at);
}

/**
 * FTP says 550 to a missing file, a folder, and a file that may not be read. What else is known tells them apart: a
 * folder can be entered, and a file that has a size or a date is there.
 */
export async function explained(
  error: unknown,
  commands: FtpCommands,
  target: FtpTarget,
  facts: FtpFacts,
): Promise<unknown> {
  if (!(error instanceof PieceworkError) || !['SourceNotFound', 'SourceBadRequest'].includes(error.code)) return error;
  const entered = commands.usable ? await commands.ask(`CWD ${target.path}`).catch(() => undefined) : undefined;
  if (entered !== undefined && entered.code < 300) {
    // Where it leads, relative paths mean something else.
    commands.close();
    return ftpError('SourceIsFolder', target, 'this is a folder; give the URL of one file', entered, error);
  }
  if (facts.sizeBytes !== undefined || facts.modifiedAt !== undefined) {
    return ftpError(
      'SourceForbidden',
      target,
      `the file is there, and the server does not give it to the user "${target.user}" (${error.details['ftpReply']}); check its rights`,
      undefined,
      error,
    );
  }
  return facts.looksMissing ? missing(target, error) : error;
}
