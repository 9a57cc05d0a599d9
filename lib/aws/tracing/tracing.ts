/** Where spans of a function go. What becomes of them changes no transfer: nothing here rejects by itself. */
export interface Tracing {
  /** Runs something as a span; what it throws is noted in it, and thrown. A `client`'s is always under another one. */
  during<T>(start: SpanStart, run: () => Promise<T>): Promise<T>;
  /** Adds to the span that is running here. */
  note(more: Partial<Omit<SpanStart, 'kind' | 'parent'>> & { readonly failed?: string }): void;
  /** An event in the span that is running here. */
  event(name: string, attributes: Attributes): void;
  /** The W3C `traceparent` of the span that is running here. */
  current(): string | undefined;
  /** Sends what has ended: a function is frozen as soon as it has returned. Waits for two seconds at most. */
  flush(): Promise<void>;
}

export interface SpanStart {
  readonly name: string;
  /** It answers a request, takes a message from a queue, or asks another service. */
  readonly kind: 'server' | 'consumer' | 'client';
  /** A W3C `traceparent`. @default the span that is running here, or none */
  readonly parent?: string;
  readonly attributes: Attributes;
}

/** By OpenTelemetry's semantic conventions, or `piecework.…`. Never a secret. */
export type Attributes = Readonly<Record<string, string | number>>;

/** The attribute of a message in which its trace travels. https://www.w3.org/TR/trace-context/ */
export const TRACEPARENT = 'traceparent';

/** Version 00, the only one there is; a later one may say more behind it. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/.test(text);
}
