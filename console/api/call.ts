import { hearDate } from './clock.ts';
import { refuseToken, tokenOf } from './session.ts';

/** What the server refused, or why it could not be asked. */
export class Problem extends Error {
  /** 0 = it did not answer. */
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Asked {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

const ANSWER_MS = 45_000;

/** @throws Problem */
export async function call<T>(method: 'GET' | 'POST' | 'PATCH', path: string, asked: Asked = {}): Promise<T> {
  const patience = AbortSignal.timeout(ANSWER_MS);
  const signal = asked.signal === undefined ? patience : AbortSignal.any([patience, asked.signal]);
  const answer = await send(method, path, { ...asked, signal });
  const value = parse(await bodyOf(answer));
  if (answer.ok && value !== undefined) return value as T;
  throw problemOf(answer.status, value);
}

/** An answer whose body is read as it comes. @throws Problem */
export async function open(path: string, asked: Asked): Promise<Response> {
  const answer = await send('GET', path, asked);
  if (answer.ok) return answer;
  throw problemOf(answer.status, parse(await bodyOf(answer)));
}

/** @throws Problem where it does not come to its end */
async function bodyOf(answer: Response): Promise<string> {
  try {
    return await answer.text();
  } catch (cause) {
    throw offline(cause);
  }
}

function offline(cause: unknown): Problem {
  return new Problem(0, 'Offline', cause instanceof Error ? cause.message : 'no answer');
}

async function send(method: string, path: string, { query, body, signal, headers }: Asked): Promise<Response> {
  const token = tokenOf();
  const given = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  let answer: Response;
  try {
    answer = await fetch(`${path}${search === '' ? '' : `?${search}`}`, {
      method,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      headers: {
        accept: 'application/json, application/problem+json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    throw offline(cause);
  }
  hearDate(answer.headers.get('date'));
  if (answer.status === 401) refuseToken();
  return answer;
}

function problemOf(status: number, value: unknown): Problem {
  const { code, detail, errors, message } = Object(value) as Record<string, unknown>;
  const fields = Array.isArray(errors) ? errors.map((one) => String(Object(one).detail ?? '')).filter(Boolean) : [];
  const said = typeof detail === 'string' ? detail : typeof message === 'string' ? message : `answer ${status}`;
  // The first of them stands in the sentence.
  const further = fields.filter((field) => !said.includes(field));
  return new Problem(
    status,
    typeof code === 'string' ? code : 'Unknown',
    further.length > 0 ? `${said} (${further.join('; ')})` : said,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
