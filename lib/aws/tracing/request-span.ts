import type { AnsweredRequest } from '../../api/trail.ts';
import { stated } from '../../values/stated.ts';
import type { SpanStart } from './tracing.ts';
import { TRACEPARENT } from './tracing.ts';

/** The span of a request of the API, before it is read; of the caller's trace where its header names one. */
export function unreadRequestSpan(headers: Readonly<Record<string, unknown>> | null = {}): SpanStart {
  const [, parent] = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === TRACEPARENT) ?? [];
  return { name: 'request', kind: 'server', ...(typeof parent === 'string' ? { parent } : {}), attributes: {} };
}

/**
 * What is known of it once it is answered.
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
 */
export function requestSpan(request: AnsweredRequest) {
  const { method, route, status, code, transferId, batchId, requestId } = request;
  return {
    name: `${method} ${route}`,
    attributes: stated({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'piecework.transfer.id': transferId,
      'piecework.batch.id': batchId,
      'aws.request_id': requestId,
    }),
    // A refusal is the caller's own affair.
    ...(status >= 500 ? { failed: code ?? String(status) } : {}),
  };
}
