import { Readable } from 'node:stream';

/** One call as it was sent: `{ action: 'GetParameter', asked: { Name: … } }`. */
export interface JsonCall {
  readonly action: string;
  readonly asked: Readonly<Record<string, unknown>>;
}

/** What is answered: a body, or an error as AWS sends it. */
export type JsonAnswer =
  | { readonly body: object }
  | { readonly status: number; readonly code: string; readonly message?: string };

/**
 * Configuration of a client of the AWS SDK that speaks JSON, answered within the process by
 * `answer`: no socket is opened.
 */
export function jsonService(answer: (call: JsonCall) => JsonAnswer) {
  const calls: JsonCall[] = [];
  async function handle(request: { headers: Record<string, string>; body?: unknown }) {
    const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body as Uint8Array);
    const call: JsonCall = {
      action: (request.headers['x-amz-target'] ?? '').replace(/^.*\./, ''),
      asked: JSON.parse(text) as Record<string, unknown>,
    };
    calls.push(call);
    const given = answer(call);
    const isError = 'status' in given;
    const bytes = Buffer.from(
      JSON.stringify(isError ? { __type: given.code, message: given.message ?? '' } : given.body),
    );
    return {
      response: {
        statusCode: isError ? given.status : 200,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: Readable.from([bytes]),
      },
    };
  }
  const requestHandler = { handle, destroy() {}, updateHttpClientConfig() {}, httpHandlerConfigs: () => ({}) };
  return {
    calls,
    config: {
      region: 'us-east-1',
      endpoint: 'https://service.invalid',
      credentials: { accessKeyId: 'double', secretAccessKey: 'double-secret' },
      maxAttempts: 1,
      requestHandler: requestHandler as never,
    },
  };
}
