import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { toSourceError } from '../../net/errors/source-error.ts';
import type { FtpTarget } from './url.ts';

/**
 * A reply of the control connection (RFC 959 §4.2). Its text is the server's own and is never shown: it may repeat
 * anything.
 */
export interface FtpReply {
  readonly code: number;
  readonly message: string;
}

/** The login was refused because there are too many already, here or from our address. */
export class FtpFull extends Error {
  override readonly name = 'FtpFull';
  readonly reply: FtpReply;
  constructor(reply: FtpReply) {
    super(`the server has enough connections (${reply.code})`);
    this.reply = reply;
  }
}

/** The login was refused: its user or password is wrong, or there are too many (RFC 959 has no code for that). */
export class LoginRefused extends PieceworkError {
  readonly reply: FtpReply;
  constructor(target: FtpTarget, reply: FtpReply) {
    const where = redactUrl(target.url.href);
    const { code } = reply;
    super(
      'SourceUnauthorized',
      `${where}: the server does not let the user "${target.user}" in at ${target.host} (${code}); check user and password`,
      { details: { target: where, ftpReply: code } },
    );
    this.reply = reply;
  }
}

export function ftpError(
  code: ErrorCode,
  target: FtpTarget,
  sentence: string,
  reply?: FtpReply,
  cause?: unknown,
): PieceworkError {
  const where = redactUrl(target.url.href);
  return new PieceworkError(code, `${where}: ${sentence}`, {
    cause,
    details: { target: where, ...(reply === undefined ? {} : { ftpReply: reply.code }) },
  });
}

export function fullError(target: FtpTarget, full: FtpFull | LoginRefused, openConnections: number): PieceworkError {
  const where = redactUrl(target.url.href);
  const { code } = full.reply;
  const said =
    openConnections > 0
      ? `the server takes ${openConnections} connections of ours and no more (${code})`
      : `the server takes no more connections for now (${code})`;
  return new PieceworkError('SourceBusy', `${where}: ${said}`, {
    cause: full,
    details: { target: where, ftpReply: code, ...(openConnections > 0 ? { openConnections } : {}) },
  });
}

/** A reply that ends what was tried; `doing` continues "the server refuses …". */
export function refusal(target: FtpTarget, reply: FtpReply, doing: string): PieceworkError {
  const { code } = reply;
  const said = `the server refuses ${doing} (${code})`;
  switch (code) {
    case 421:
      return ftpError('SourceBusy', target, `the server asks for patience and closes the connection (${code})`, reply);
    case 425:
    case 426:
      return ftpError(
        'SourceReset',
        target,
        `the data connection failed (${code}); the server's passive ports may be behind a firewall`,
        reply,
      );
    case 430:
    case 530:
      return ftpError(
        'SourceUnauthorized',
        target,
        `${said}: the user "${target.user}" at ${target.host} is not logged in`,
        reply,
      );
    case 522:
    case 534:
      return ftpError('SourceTls', target, `${said}: it wants, or lacks, protection by TLS`, reply);
    case 550:
    case 553:
      return ftpError(
        'SourceNotFound',
        target,
        `there is no such file at this URL, or the user "${target.user}" may not read it (${code}); check path and rights`,
        reply,
      );
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
      return ftpError('SourceUnsupported', target, `${said}, which is needed to fetch a file byte for byte`, reply);
    default:
      return code < 500
        ? ftpError('SourceServerError', target, said, reply)
        : ftpError('SourceBadRequest', target, said, reply);
  }
}

/**
 * The path of an FTP URL is read from where the login leads (RFC 1738 §3.2.2), which surprises those who wrote it from
 * the root.
 */
export function missing(target: FtpTarget, cause: unknown): PieceworkError {
  return ftpError(
    'SourceNotFound',
    target,
    'there is no such file at this URL (550); check the path, which starts in the folder of the login, or at the root after /%2F',
    undefined,
    cause,
  );
}

/** What went wrong with the connection itself. */
export function connectionError(target: FtpTarget, thrown: unknown, phase: 'head' | 'body'): PieceworkError {
  const { code } = Object(thrown) as { code?: unknown };
  if (thrown instanceof PieceworkError) return thrown;
  if (typeof code === 'string' && code !== '0') return toSourceError(thrown, { url: target.url, phase });
  return ftpError('SourceReset', target, 'the server closed the control connection', undefined, thrown);
}
