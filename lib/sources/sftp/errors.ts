import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorDetails } from '../../errors/error.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { toSourceError } from '../../net/errors/source-error.ts';
import type { SftpTarget } from './url.ts';

export function sftpError(
  code: ErrorCode,
  { url }: Pick<SftpTarget, 'url'>,
  sentence: string,
  cause?: unknown,
  more: ErrorDetails = {},
): PieceworkError {
  const target = redactUrl(url.href);
  return new PieceworkError(code, `${target}: ${sentence}`, { cause, details: { target, ...more } });
}

/**
 * SSH has no word for "enough": a server that bears no more connections (MaxStartups, a limit for each address) closes
 * the new one before it has said anything. While others of ours stand, that is what it means.
 */
export function fullError(target: SftpTarget, cause: unknown, openConnections: number): PieceworkError {
  const said = `the server takes ${openConnections} connections of ours and closed one more during its handshake`;
  return sftpError('SourceBusy', target, said, cause, { openConnections });
}

/** Nor has SFTP a word for too many open files; while others of ours are open, that is what a refusal means. */
export function filesFullError(target: SftpTarget, cause: unknown, openFiles: number): PieceworkError {
  const said = `the server has ${openFiles === 1 ? 'a file' : `${openFiles} files`} of ours open and refuses one more`;
  // Each piece has a connection and an open file of its own, so what bounds one bounds the other.
  return sftpError('SourceBusy', target, said, cause, { openConnections: openFiles });
}

/** What ssh2 or Node threw before the session stood. Texts of the server are not repeated. */
export function connectError(target: SftpTarget, thrown: unknown, tried: readonly string[]): PieceworkError {
  if (thrown instanceof PieceworkError) return thrown;
  const { level, code } = Object(thrown) as { level?: unknown; code?: unknown };
  switch (level) {
    case 'client-authentication':
      return sftpError(
        'SourceUnauthorized',
        target,
        `the server does not let the user "${target.user}" in at ${target.host} (tried: ${tried.join(', ') || 'nothing'}); check user, password and key`,
      );
    case 'client-timeout':
      return sftpError('SourceTimeout', target, `${target.host} did not complete the SSH handshake in time`, thrown);
    case 'handshake':
      return sftpError(
        'SourceUnsupported',
        target,
        `no SSH algorithms in common with ${target.host}, or its handshake is broken`,
        thrown,
      );
    case 'protocol':
      return sftpError(
        'SourceMalformed',
        target,
        `what answers at ${target.host}, port ${target.port}, does not speak SSH`,
        thrown,
      );
    default:
      return unleveled(target, thrown, code);
  }
}

function unleveled(target: SftpTarget, thrown: unknown, code: unknown): PieceworkError {
  if (typeof code === 'string') return toSourceError(thrown, { url: target.url, phase: 'head' });
  return sftpError('SourceReset', target, `${target.host} closed the connection during the SSH handshake`, thrown);
}

/** Status codes of draft-ietf-secsh-filexfer-02 §7. */
export function statusError(target: SftpTarget, thrown: unknown, doing: string): PieceworkError {
  if (thrown instanceof PieceworkError) return thrown;
  const { code } = Object(thrown) as { code?: unknown };
  switch (code) {
    case 2:
      return sftpError('SourceNotFound', target, 'there is no such file at this URL; check the path');
    case 3:
      return sftpError(
        'SourceForbidden',
        target,
        `the user "${target.user}" may not read it; check the rights of the file and of its folders`,
      );
    case 8:
      return sftpError('SourceUnsupported', target, `the server does not know how ${doing} is done`);
    case 6:
    case 7:
      return sftpError('SourceReset', target, 'the SSH connection was lost');
    default:
      return typeof code === 'number'
        ? sftpError('SourceServerError', target, `the server failed at ${doing} (${code})`)
        : sftpError('SourceReset', target, 'the SSH connection broke off', thrown);
  }
}
