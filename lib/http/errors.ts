import type { ErrorCode } from '../errors/codes.ts';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { tlsFault } from './tls-errors.ts';

export interface Where {
  readonly url: URL;
  /** `head` = no status line yet; `body` = within the body. */
  readonly phase: 'head' | 'body';
  /** Redacted. */
  readonly proxy?: string;
}

interface Finding {
  readonly code: ErrorCode;
  /** What happened and what to do; follows the URL and a colon. */
  readonly sentence: string;
  readonly sourceStatus?: number;
}

/** What Node, undici (through a proxy) or a connection of ours threw on the way to a source, as a `PieceworkError`. The original stays as its cause, without the peer's bytes. */
export function toSourceError(thrown: unknown, where: Where): PieceworkError {
  if (thrown instanceof PieceworkError) return thrown;
  const target = redactUrl(where.url.href);
  const raw = codeOf(thrown);
  const { code, sentence, sourceStatus } = find(raw, thrown, where) ?? {
    code: 'Internal',
    sentence: `unexpected error (a defect in Piecework; please report it): ${raw || String(thrown)}`,
  };
  return new PieceworkError(code, `${target}: ${sentence}`, {
    cause: harmless(thrown, raw),
    details: {
      target,
      ...(sourceStatus === undefined ? {} : { sourceStatus }),
      ...(raw === '' ? {} : { reason: raw }),
      ...(where.proxy === undefined ? {} : { proxy: where.proxy }),
    },
  });
}

function find(raw: string, thrown: unknown, where: Where): Finding | undefined {
  const proxied = where.proxy === undefined ? undefined : findProxy(raw, thrown, where.proxy);
  return proxied ?? findTls(raw, where) ?? findNetwork(raw, where) ?? findProtocol(raw, where);
}

function findProxy(raw: string, thrown: unknown, proxy: string): Finding | undefined {
  switch (raw) {
    // undici's forwarding answers a 407 with this one; whatever else could raise it was checked before.
    case 'UND_ERR_INVALID_ARG':
      return refusedByProxy(proxy, 407);
    // The tunnel: any answer to CONNECT but 200. The status is in the text only.
    case 'UND_ERR_ABORTED':
      return refusedByProxy(proxy, Number(/\((\d{3})\)/.exec(String(thrown))?.[1] ?? Number.NaN));
    case 'UND_ERR_PRX_TLS':
      return { code: 'SourceTls', sentence: `the certificate of the proxy ${proxy} is made out to another host name` };
    case 'UND_ERR_PRX_CONN':
      return { code: 'SourceReset', sentence: `the proxy ${proxy} closed the connection instead of opening a tunnel` };
    default:
      return undefined;
  }
}

function refusedByProxy(proxy: string, status: number): Finding {
  const known = Number.isNaN(status) ? {} : { sourceStatus: status };
  if (status === 407) {
    const sentence = `the proxy ${proxy} asks for other credentials (407); put user and password into the proxy's URL`;
    return { code: 'ProxyRefused', sentence, ...known };
  }
  if (status >= 500) {
    const sentence = `the proxy ${proxy} could not reach the host (${status})`;
    return { code: 'SourceServerError', sentence, ...known };
  }
  const answer = Number.isNaN(status) ? 'no tunnel' : String(status);
  return {
    code: 'ProxyRefused',
    sentence: `the proxy ${proxy} refuses to connect there (${answer}); ask who runs it, or name the host in NO_PROXY`,
    ...known,
  };
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

function findNetwork(raw: string, where: Where): Finding | undefined {
  const peer = where.proxy === undefined ? where.url.host : `the proxy ${where.proxy}`;
  const inBody = where.phase === 'body';
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
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return inBody
        ? { code: 'SourceStalled', sentence: 'the connection went silent (ETIMEDOUT)' }
        : { code: 'SourceTimeout', sentence: `no connection to ${peer} in time; check the address and firewalls` };
    case 'HEAD_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return { code: 'SourceTimeout', sentence: `${peer} took the request and sent no answer in time` };
    case 'SILENT':
    case 'UND_ERR_BODY_TIMEOUT':
      return { code: 'SourceStalled', sentence: 'the body stopped coming' };
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { code: 'BodyShort', sentence: 'the body ended before its announced length' };
    case 'CLOSED_EARLY':
    case 'UND_ERR_SOCKET':
      return inBody
        ? { code: 'BodyShort', sentence: 'the connection was closed before the body was complete' }
        : { code: 'SourceReset', sentence: `${peer} closed the connection without an answer` };
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return { code: 'SourceReset', sentence: `${peer} broke the connection off (${raw})` };
    default:
      return undefined;
  }
}

function findProtocol(raw: string, where: Where): Finding | undefined {
  if (raw === 'HEAD_TOO_LARGE' || raw === 'UND_ERR_HEADERS_OVERFLOW') {
    return { code: 'SourceMalformed', sentence: "the head of the server's answer is larger than 16 KiB" };
  }
  if (raw === 'HEAD_MALFORMED' || raw === 'CHUNK_MALFORMED' || raw.startsWith('HPE')) {
    // A chunked body that breaks off looks like this where the connection was to be closed anyway.
    if (where.phase === 'body') return { code: 'BodyShort', sentence: 'the body broke off or is framed wrongly' };
    return { code: 'SourceMalformed', sentence: `the server's answer is not HTTP/1.1; check port and scheme` };
  }
  if (raw === 'CLOSED_HERE' || raw === 'UND_ERR_DESTROYED' || raw === 'UND_ERR_CLOSED') {
    return { code: 'Interrupted', sentence: 'the source was closed while it was asked' };
  }
  // Whatever else the operating system says of a connection (no buffers, no descriptors, …) may pass.
  if (/^E[A-Z0-9]+$/.test(raw)) {
    return { code: 'SourceReset', sentence: `the connection failed (${raw})` };
  }
  return undefined;
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  // undici leaves out the code of some of them.
  if (thrown.name === 'HTTPParserError') return 'HPE';
  // Happy Eyeballs: one error for all addresses tried.
  return thrown instanceof AggregateError ? codeOf(thrown.errors.at(-1)) : '';
}

/** The parser's error carries the bytes that it choked on, and those may be anybody's. */
function harmless(thrown: unknown, raw: string): unknown {
  return raw.startsWith('HPE') && thrown instanceof Error ? new Error(`${raw}: ${thrown.message}`) : thrown;
}
