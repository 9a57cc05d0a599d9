import type { TracingSettings } from '../names.ts';

/** @returns `undefined` for what it can't be read from */
export function parseTracingSettings(value: string): TracingSettings | undefined {
  try {
    const { endpoint, ratio } = Object(JSON.parse(value)) as Record<string, unknown>;
    const isUrl = typeof endpoint === 'string' && /^https?:$/.test(URL.parse(endpoint)?.protocol ?? '');
    return isUrl && typeof ratio === 'number' && ratio >= 0 && ratio <= 1 ? { endpoint, ratio } : undefined;
  } catch {
    return undefined;
  }
}
