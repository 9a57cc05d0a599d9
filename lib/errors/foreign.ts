import { printable } from '../values/text/printable.ts';
import { cleaned } from './redact.ts';

/** What an AWS SDK says of a failed call, without its message. */
export interface ServiceFailure {
  readonly name: string;
  /** HTTP status of the answer, where there was one. */
  readonly status: number | undefined;
}

const MOST_CHARACTERS = 300;
const MOST_FRAMES = 12;
const MOST_CAUSES = 3;

/**
 * An error that is not ours, as far as it is kept as a cause: its name, its code or status, and a cut and cleaned
 * text. The original is let go: its fields hold requests, headers and answers, and its text may repeat a secret.
 */
export class ForeignError extends Error {
  override readonly name: string;
  /** Node's, as `ECONNRESET`. */
  readonly code?: string;
  /** HTTP status of the answer that it tells of. */
  readonly status?: number;

  constructor(thrown: unknown, depth = 0) {
    const saysItself = !speaksForAnother(thrown);
    super(textOf(thrown, saysItself), causeOf(thrown, depth));
    const { name, status } = serviceFailure(thrown);
    const { code } = Object(thrown) as { code?: unknown };
    this.name = status === undefined ? nameOf(thrown) : name;
    if (status === undefined && typeof code === 'string' && PLAIN_NAME.test(code)) this.code = code;
    if (status !== undefined) this.status = status;
    const frames = saysItself ? framesOf(thrown) : [];
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n');
  }
}

/**
 * The text of such an error is, or quotes, what the other side said: a service's answer, an SSH or FTP server
 * (`level`, a code that is a number), or a text that could not be parsed.
 */
function speaksForAnother(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || thrown instanceof SyntaxError) return true;
  const { level, code } = thrown as { level?: unknown; code?: unknown };
  return level !== undefined || typeof code === 'number' || serviceFailure(thrown).status !== undefined;
}

function textOf(thrown: unknown, saysItself: boolean): string {
  if (saysItself) return cleaned((thrown as Error).message, MOST_CHARACTERS);
  const { status } = serviceFailure(thrown);
  if (status !== undefined) return `answered with HTTP ${status}`;
  const { code } = Object(thrown) as { code?: unknown };
  return typeof code === 'number' ? `answered with ${code}` : 'its text is not kept';
}

function causeOf(thrown: unknown, depth: number): ErrorOptions | undefined {
  const { cause } = Object(thrown) as { cause?: unknown };
  if (!(cause instanceof Error) || depth >= MOST_CAUSES) return undefined;
  return { cause: new ForeignError(cause, depth + 1) };
}

function nameOf(thrown: unknown): string {
  const { name } = Object(thrown) as { name?: unknown };
  return typeof name === 'string' && PLAIN_NAME.test(name) ? name : 'Error';
}

/** Where it came from. The head of a stack repeats the message, perhaps on several lines that look like frames. */
export function framesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return [];
  const { message, stack } = thrown;
  const at = stack.indexOf(message);
  // A stack is written when the error is made: of a message that was changed later, the old one stands in its head.
  if (at < 0 || stack.slice(0, at).includes('\n')) return [];
  return framesIn(stack.slice(at + message.length).split('\n'));
}

function framesIn(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => printable(line.slice(0, MOST_CHARACTERS)));
}

export function serviceFailure(error: unknown): ServiceFailure {
  if (error instanceof ForeignError)
    return { name: (error.status === undefined ? error.code : undefined) ?? error.name, status: error.status };
  const { name, code, Code, $metadata, $response } = Object(error) as {
    name?: unknown;
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: unknown };
    $response?: { statusCode?: unknown };
  };
  // An answer that the SDK failed to read has no metadata.
  const answered = $metadata?.httpStatusCode ?? $response?.statusCode;
  const status = typeof answered === 'number' ? answered : undefined;
  // Of an answer the service's own code counts; without one, Node's code says more than the name `Error`.
  const names = status === undefined ? [code, name] : [Code, name, code];
  const first = names.find((candidate) => typeof candidate === 'string' && candidate !== '' && candidate !== 'Error');
  // Older services put a namespace before the name.
  const plain = typeof first === 'string' ? first.slice(first.lastIndexOf('#') + 1) : 'Error';
  const mayBeShown = status === undefined ? PLAIN_NAME.test(plain) : isServiceCode(plain);
  return { name: mayBeShown ? plain : 'Error', status };
}

/** Of Node and of libraries. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;

/**
 * Whether a text is written as services write their codes (`NoSuchKey`, `KMS.DisabledException`), and so may be
 * shown. It is the other side's text: a token or a sentence in the place of a code is none.
 */
function isServiceCode(text: string): boolean {
  if (!PLAIN_NAME.test(text)) return false;
  const isAcronym = text === text.toUpperCase();
  return (
    !/\d/.test(text.replace(/SHA(?:256|1)|MD5|CRC(?:32C?|64)|S3|EC2|V[1-4]/g, '')) && (!isAcronym || text.includes('_'))
  );
}
