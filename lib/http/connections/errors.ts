import type { PieceworkError } from '../../errors/error.ts';
import { fault } from '../../net/errors/fault.ts';
import type { Finding, Where } from '../../net/errors/source-error.ts';
import { findNetwork, peerOf, toSourceError } from '../../net/errors/source-error.ts';

/**
 * What Node, undici (through a proxy) or a connection of ours threw, as a `PieceworkError`. Its cause is without the
 * peer's bytes.
 */
export function toHttpError(thrown: unknown, where: Where): PieceworkError {
  return toSourceError(harmless(thrown), where, (raw) => findProxy(raw, thrown, where) ?? findHttp(raw, where));
}

function findProxy(raw: string, thrown: unknown, { proxy }: Where): Finding | undefined {
  if (proxy === undefined) return undefined;
  switch (raw) {
    // undici's forwarding answers a 407 with this one; whatever else could raise it was checked before.
    case 'UND_ERR_INVALID_ARG':
      return refusedByProxy(proxy, 407);
    // The tunnel: any answer to CONNECT but 200. The status is in the text only.
    case 'TUNNEL_REFUSED':
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

function findHttp(raw: string, where: Where): Finding | undefined {
  const peer = peerOf(where);
  const inBody = where.phase === 'body';
  switch (raw) {
    case 'HEAD_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return { code: 'SourceTimeout', sentence: `${peer} took the request and sent no answer in time` };
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { code: 'BodyShort', sentence: 'the body ended before its announced length' };
    case 'CLOSED_EARLY':
    case 'UND_ERR_SOCKET':
      return inBody
        ? { code: 'BodyShort', sentence: 'the connection was closed before the body was complete' }
        : { code: 'SourceReset', sentence: `${peer} closed the connection without an answer` };
    case 'HEAD_TOO_LARGE':
    case 'UND_ERR_HEADERS_OVERFLOW':
      return { code: 'SourceMalformed', sentence: "the head of the server's answer is larger than 16 KiB" };
    case 'UND_ERR_CONNECT_TIMEOUT':
      return findNetwork('ETIMEDOUT', where);
    case 'UND_ERR_BODY_TIMEOUT':
      return findNetwork('SILENT', where);
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return findNetwork('CLOSED_HERE', where);
    case 'HEAD_MALFORMED':
    case 'CHUNK_MALFORMED':
      return malformed(inBody);
    default:
      return raw.startsWith('HPE') ? malformed(inBody) : undefined;
  }
}

/** A chunked body that breaks off looks like this where the connection was to be closed anyway. */
function malformed(inBody: boolean): Finding {
  if (inBody) return { code: 'BodyShort', sentence: 'the body broke off or is framed wrongly' };
  return { code: 'SourceMalformed', sentence: `the server's answer is not HTTP/1.1; check port and scheme` };
}

/**
 * The parser's error carries the bytes that it choked on, and those may hold a secret; undici leaves out the code of
 * some of them.
 */
function harmless(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { code } = thrown as { code?: unknown };
  const raw = typeof code === 'string' ? code : thrown.name === 'HTTPParserError' ? 'HPE' : '';
  return raw.startsWith('HPE') ? fault(raw, `${raw}: ${thrown.message}`) : thrown;
}
