import type { StoreAnswer } from './connection.ts';

/** An answer that is no success, as the SDK throws it: `errors.ts` reads both. Its body was looked at before. */
export function refusal({ status, headers, body }: StoreAnswer): Error {
  const text = body.toString('utf8');
  const code = elementOf(text, 'Code');
  const region = elementOf(text, 'Region');
  const error = new Error(elementOf(text, 'Message') ?? 'UnknownError');
  return Object.assign(error, {
    name: code ?? 'UnknownError',
    ...(code === undefined ? {} : { Code: code }),
    ...(region === undefined ? {} : { Region: region }),
    $metadata: { httpStatusCode: status },
    $response: { statusCode: status, headers },
  });
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/**
 * S3's errors are one element with a text in each of its own.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
 */
function elementOf(text: string, name: string): string | undefined {
  const start = text.indexOf(`<${name}>`);
  const end = text.indexOf(`</${name}>`, start);
  if (start < 0 || end < 0) return undefined;
  const inside = text.slice(start + name.length + 2, end).trim();
  return inside.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => ENTITIES[entity] ?? '');
}
