/** A record as it stands in a file or an object. Each write has a version that was never there before. */
export interface Envelope {
  readonly v: 1;
  readonly version: string;
  readonly value: unknown;
}

/** `undefined` = it is damaged: no JSON, or of another shape. */
export function parseEnvelope(text: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(text) as Partial<Envelope> | null;
    const { v, version, value } = envelope ?? {};
    const isWhole = v === 1 && typeof version === 'string' && typeof value === 'object' && value !== null;
    return isWhole ? { v, version, value } : undefined;
  } catch {
    return undefined;
  }
}
