import type { Context, Span } from '@opentelemetry/api';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingSettings } from '../../lib/aws/names.ts';
import type { SpanStart, Tracing } from '../../lib/aws/tracing/tracing.ts';
import { isTraceparent } from '../../lib/aws/tracing/tracing.ts';
import { asPieceworkError } from '../../lib/errors/error.ts';

/** A collector beside the function answers at once; one that does not is not waited for. */
const FLUSH_MS = 2_000;
/** Spans of one run: a finalizer answers 500 results together. */
const MOST_QUEUED = 8_192;

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, client: SpanKind.CLIENT };

export interface OtelOptions extends TracingSettings {
  /** `service.name`, `service.version` and what else tells this function from others. */
  readonly resource: Readonly<Record<string, string>>;
  /** Gets why spans could not be sent. */
  warn(sentence: string): void;
}

/** OpenTelemetry's own tracer, kept to what a function needs. */
export function openTelemetry({ endpoint, ratio, resource, warn }: OtelOptions): Tracing {
  // Of the whole process: nothing else in it is traced.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({ url, timeoutMillis: FLUSH_MS }),
    maxQueueSize: MOST_QUEUED,
    exportTimeoutMillis: FLUSH_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('piecework');
  return {
    async during({ name, kind, parent, attributes }, run) {
      // What a tick asks is part of no request and of no message.
      if (kind === 'client' && trace.getActiveSpan() === undefined) return await run();
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, under(parent));
      try {
        return await context.with(trace.setSpan(context.active(), span), run);
      } catch (error) {
        // Its message is redacted, a stack is not needed to see where it was.
        const { code, message } = asPieceworkError(error);
        span.setAttribute('error.type', code);
        span.setStatus({ code: SpanStatusCode.ERROR, message });
        throw error;
      } finally {
        span.end();
      }
    },
    note({ name, attributes = {}, failed }) {
      const span = trace.getActiveSpan();
      if (name !== undefined) span?.updateName(name);
      span?.setAttributes(attributes);
      if (failed !== undefined) span?.setAttribute('error.type', failed).setStatus({ code: SpanStatusCode.ERROR });
    },
    event: (name, attributes) => void trace.getActiveSpan()?.addEvent(name, attributes),
    current: () => asTraceparent(trace.getActiveSpan()),
    async flush() {
      await provider.forceFlush().catch((error: unknown) => {
        warn(`${url}: spans could not be sent: ${String(error)}`);
      });
    },
  };
}

function under(parent: SpanStart['parent']): Context {
  if (!isTraceparent(parent)) return context.active();
  const [, traceId = '', spanId = '', flags = '00'] = parent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function asTraceparent(span: Span | undefined): string | undefined {
  if (span === undefined) return undefined;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
