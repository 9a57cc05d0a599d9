import { between, byRequest, from, silence, status } from '../../../support/hostile-lies.ts';
import type { HostileRow, RowServers } from '../../../support/hostile-row.ts';
import type { Handler } from '../../../support/origin.ts';
import type { Resource } from '../../../support/origin-resource.ts';
import { sendResource } from '../../../support/origin-resource.ts';

/** Only where a row is about it: a busy machine must not make an honest server look slow. */
const IMPATIENT = { stallTimeoutMs: 400, headersTimeoutMs: 400 };

const honest = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes });

/** An HTTP date knows whole seconds only: a little more than one from now. */
const soon = (): string => new Date(Date.now() + 1_500).toUTCString();

/** Denies what comes after the second request, eight times at least, and then until a range is asked for. */
function deniedForAWhile(file: Resource): Handler {
  let seen = 0;
  let hasEnded = false;
  return (request, response, logged) => {
    seen += 1;
    const isOver = seen > 10 && (request.headers.range !== undefined || hasEnded);
    hasEnded ||= isOver;
    return seen < 3 || isOver ? sendResource(file, request, response, logged) : status(403)(request, response, logged);
  };
}

export const PATIENCE: readonly HostileRow[] = [
  {
    what: 'a storm of 429 with `Retry-After` in seconds',
    outcome: 'bytes',
    how: 'waits as long as it is asked to, using up no failure',
    mode: 'pieces',
    serve: (servers) => between(1, 4, honest(servers), status(429, { 'retry-after': '1' })),
    options: { maxFailures: 1 },
  },
  {
    what: 'a storm of 429 with `Retry-After` as a date',
    outcome: 'bytes',
    how: 'waits until then, using up no failure',
    mode: 'pieces',
    serve: (servers) =>
      between(2, 4, honest(servers), (request, response, logged) =>
        status(429, { 'retry-after': soon() })(request, response, logged),
      ),
    options: { maxFailures: 1 },
  },
  {
    what: 'a storm of 429 with `RateLimit` (`"default";r=0;t=1`)',
    outcome: 'bytes',
    how: 'waits until the limit begins anew, using up no failure',
    mode: 'pieces',
    serve: (servers) =>
      between(
        2,
        4,
        honest(servers),
        status(429, { ratelimit: '"default";r=0;t=1', 'ratelimit-policy': '"default";q=9;w=1' }),
      ),
    options: { maxFailures: 1 },
  },
  {
    what: 'a storm of 429 with `RateLimit-Reset`',
    outcome: 'bytes',
    how: 'waits until the limit begins anew, using up no failure',
    mode: 'pieces',
    serve: (servers) =>
      between(2, 4, honest(servers), status(429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '1' })),
    options: { maxFailures: 1 },
  },
  {
    what: '403 with `Retry-After` where others answer 429',
    outcome: 'bytes',
    how: 'a denial that names a time is a limit: waits, using up no failure',
    mode: 'pieces',
    serve: (servers) => between(1, 4, honest(servers), status(403, { 'retry-after': '1' })),
    options: { maxFailures: 1 },
  },
  {
    what: '403 with a `RateLimit` that is used up',
    outcome: 'bytes',
    how: 'the same',
    mode: 'pieces',
    serve: (servers) => between(2, 4, honest(servers), status(403, { ratelimit: 'limit=9, remaining=0, reset=1' })),
    options: { maxFailures: 1 },
  },
  {
    what: '503 for a while, without `Retry-After`',
    outcome: 'bytes',
    how: 'backs off, using up no failure',
    mode: 'pieces',
    serve: (servers) => between(1, 12, honest(servers), status(503)),
    options: { maxFailures: 1 },
  },
  {
    what: '202 with `Retry-After`, twice, while the file is made ready',
    outcome: 'bytes',
    how: 'waits as long as it is asked to, using up no failure',
    mode: 'pieces',
    serve: (servers) => between(1, 2, honest(servers), status(202, { 'retry-after': '1' })),
    options: { maxFailures: 1 },
  },
  {
    what: '429 from the first request on, for ever',
    outcome: 'SourceBusy',
    how: 'waits until the deadline; nothing was begun',
    serve: () => status(429),
    options: { deadlineMs: 700 },
  },
  {
    what: '503 from the third request on, for ever',
    outcome: 'DeadlineExceeded',
    how: 'waits until the deadline',
    serve: (servers) => from(3, honest(servers), status(503)),
    options: { deadlineMs: 700 },
  },
  {
    what: 'a `Retry-After` of an hour in the middle, and a deadline before it',
    outcome: 'DeadlineExceeded',
    how: 'ends at the deadline, not an hour later',
    serve: (servers) => from(3, honest(servers), status(429, { 'retry-after': '3600' })),
    options: { deadlineMs: 700, maxWaitMs: 7_200_000 },
  },
  {
    what: 'the same, and `--max-wait` before the deadline',
    outcome: 'SourceBusy',
    how: 'ends at once: it would not be asked again within `--max-wait` (15 minutes)',
    serve: (servers) => from(3, honest(servers), status(429, { 'retry-after': '3600' })),
  },
  {
    what: '503 from the third request on, for ever, `--max-wait`',
    outcome: 'SourceBusy',
    how: 'ends with its last reason once nothing has come for so long',
    serve: (servers) => from(3, honest(servers), status(503)),
    options: { maxWaitMs: 700 },
  },
  {
    what: '503 from the first request on, for ever, `--max-wait`',
    outcome: 'SourceBusy',
    how: 'the same, before anything was begun',
    serve: () => status(503),
    options: { maxWaitMs: 700 },
  },
  {
    what: '503 for a while, again and again',
    outcome: 'bytes',
    how: 'waits each time, using up no failure; `--max-wait` counts from the last byte',
    mode: 'pieces',
    serve: (servers) => byRequest((number) => (number % 4 === 0 ? honest(servers) : status(503))),
    // Long enough for a machine that stands still for a while; patience.test.ts shows what is counted.
    options: { maxWaitMs: 60_000, parallelism: 1, maxFailures: 1 },
  },
  {
    what: '500 for a while',
    outcome: 'bytes',
    how: 'tried again',
    mode: 'pieces',
    serve: (servers) => byRequest((number) => (number % 2 === 0 ? status(500) : honest(servers))),
    options: { maxFailures: 20 },
  },
  {
    what: '500 for ever',
    outcome: 'SourceServerError',
    how: 'tried again, then given up',
    serve: (servers) => from(2, honest(servers), status(500)),
  },
  {
    what: 'takes every request and never answers',
    http: IMPATIENT,
    outcome: 'SourceTimeout',
    how: 'tried again, then given up',
    serve: () => silence,
  },
  {
    what: 'the link, which is signed, expires (403) after three requests',
    outcome: 'SourceForbidden',
    how: 'ends soon; `retry` with a new link goes on with the missing pieces',
    serve: (servers) =>
      `${servers.origin.serve('/file.bin', from(3, honest(servers), status(403)))}?Expires=4102444800&Signature=x`,
  },
  {
    what: '403 for a while from the third request on',
    outcome: 'bytes',
    how: 'what was served a moment ago is no matter of rights: fewer connections, then waits of 60 s and of 5 minutes',
    mode: 'pieces',
    serve: (servers) => deniedForAWhile(honest(servers)),
    options: { maxFailures: 1 },
  },
  {
    what: '403 for a while to a stream',
    outcome: 'bytes',
    how: 'the same, and the stream starts over',
    mode: 'stream',
    serve: (servers) => {
      const whole = { ...honest(servers), ignoreRange: true };
      const cut = { ...whole, endAfterBytes: Math.floor(0.7 * servers.shape.sizeBytes) };
      return byRequest((number) => (number === 1 ? cut : number < 6 ? status(403) : whole));
    },
    options: { maxFailures: 2 },
  },
  {
    what: '403 from the third request on, for ever, `--max-wait`',
    outcome: 'SourceForbidden',
    how: 'the same, and ends with that once nothing has come for so long',
    serve: (servers) => from(3, honest(servers), status(403)),
    options: { maxWaitMs: 1_500 },
  },
  {
    what: '403 from the third request on, by a store (`x-amz-request-id`)',
    outcome: 'SourceForbidden',
    how: 'a store denies a right: asked again once, and ends',
    serve: (servers) => from(3, honest(servers), status(403, { 'x-amz-request-id': 'A1' })),
  },
  {
    what: '401 after three requests',
    outcome: 'SourceUnauthorized',
    how: 'ends at once',
    serve: (servers) => from(3, honest(servers), status(401)),
  },
  {
    what: '404 in the middle',
    outcome: 'SourceNotFound',
    how: 'ends at once',
    serve: (servers) => from(3, honest(servers), status(404)),
  },
  {
    what: '`HEAD` is forbidden',
    outcome: 'bytes',
    how: 'no request is a HEAD',
    mode: 'pieces',
    serve: honest,
    check: ({ origin }) => {
      if (origin.requests.some(({ method }) => method !== 'GET')) throw new Error('something but GET was sent');
    },
  },
];
