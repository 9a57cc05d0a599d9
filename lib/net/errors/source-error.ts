import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { tlsFault } from './tls-faults.ts';

export interface Where {
  readonly url: URL;
  /** `head` = no answer yet; `body` = within the body. */
  readonly phase: 'head' | 'body';
  /** Redacted. */
  readonly proxy?: string;
}

export interface Finding {
  readonly code: ErrorCode;
  /** What happened and what to do; follows the URL and a colon. */
  readonly sentence: string;
  readonly sourceStatus?: number;
}

/** Tells what an error of this code means there; `undefined` where it does not know the code. */
export type Find = (raw: string, where: Where) => Finding | undefined;

/**
 * What Node or a connection of ours threw on the way to a source, as a `PieceworkError`; the original stays as its
 * cause.
 * @param find what the protocol above knows; it is asked first
 */
export function toSourceError(thrown: unknown, where: Where, find: Find = () => undefined): PieceworkError {
  if (thrown instanceof PieceworkError) return thrown;
  const target = redactUrl(where.url.href);
  const raw = codeIn(thrown);
  const { code, sentence, sourceStatus } = find(raw, where) ??
    findTls(raw, where) ??
    findNetwork(raw, where) ?? {
      code: 'Internal',
      sentence: `unexpected error (a defect in Piecework; please report it): ${raw || String(thrown)}`,
    };
  return new PieceworkError(code, `${target}: ${sentence}`, {
    cause: thrown,
    details: {
      target,
      ...(sourceStatus === undefined ? {} : { sourceStatus }),
      ...(raw === '' ? {} : { reason: raw }),
      ...(where.proxy === undefined ? {} : { proxy: where.proxy }),
    },
  });
}

/** Who is at the other end of the connection, for the sentence. */
export function peerOf({ url, proxy }: Where): string {
  return proxy === undefined ? url.host : `the proxy ${proxy}`;
}

function findTls(raw: string, where: Where): Finding | undefined {
  const fault = tlsFault(raw);
  if (fault === undefined) return undefined;
  const through = where.proxy === undefined ? '' : ` (through the proxy ${where.proxy})`;
  return {
    code: 'SourceTls',
    sentence: `no trusted connection to ${where.url.host}${through}: ${fault.fault} (${raw}); ${fault.remedy}`,
  };
}

export function findNetwork(raw: string, where: Where): Finding | undefined {
  const peer = peerOf(where);
  switch (raw) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'ENODATA': {
      const name = where.proxy === undefined ? `the host name ${where.url.hostname}` : `the name of ${peer}`;
      return { code: 'SourceNotResolved', sentence: `${name} can't be resolved (${raw}); check its spelling and DNS` };
    }
    case 'ECONNREFUSED':
      return { code: 'SourceRefused', sentence: `${peer} refused the connection; check the port and that it runs` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
      return { code: 'SourceRefused', sentence: `there is no way to ${peer} (${raw}); check the network` };
    case 'ETIMEDOUT':
      return where.phase === 'body'
        ? { code: 'SourceStalled', sentence: 'the connection went silent (ETIMEDOUT)' }
        : { code: 'SourceTimeout', sentence: `no connection to ${peer} in time; check the address and firewalls` };
    case 'SILENT':
      return { code: 'SourceStalled', sentence: 'the body stopped coming' };
    case 'CLOSED_HERE':
      return { code: 'Interrupted', sentence: 'the source was closed while it was asked' };
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return { code: 'SourceReset', sentence: `${peer} broke the connection off (${raw})` };
    default:
      // Whatever else the operating system says of a connection (no buffers, no descriptors, …) may pass.
      return /^E[A-Z0-9]+$/.test(raw) ? { code: 'SourceReset', sentence: `the connection failed (${raw})` } : undefined;
  }
}

/** Happy Eyeballs: one error for all addresses tried. */
function codeIn(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown instanceof AggregateError ? codeIn(thrown.errors.at(-1)) : '';
}
