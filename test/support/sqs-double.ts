import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Message } from '@aws-sdk/client-sqs';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { HandClock } from './hand-clock.ts';

/*
 * One SQS standard queue behind the SDK's own request handler: no socket, and the time of a hand clock, so that delays,
 * time-outs and back-offs are counted, not waited for. What it answers is held to a stand-in by
 * test/contract/queue-sqs-ministack.test.ts.
 */

interface Stored {
  readonly id: string;
  readonly body: string;
  readonly attributes: unknown;
  readonly group: string | undefined;
  visibleAt: number;
  receives: number;
  receipt: string | undefined;
}

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
  readonly MessageGroupId?: string;
  readonly MessageAttributes?: unknown;
  readonly ReceiptHandle: string;
  readonly VisibilityTimeout: number;
}

interface Asked {
  readonly Entries?: readonly Entry[];
  readonly MessageBody?: string;
  readonly MessageAttributes?: unknown;
  readonly MaxNumberOfMessages?: number;
  readonly WaitTimeSeconds?: number;
  readonly VisibilityTimeout?: number;
}

interface LoggedCall {
  readonly action: string;
  readonly asked: Asked;
}

/** What goes wrong with the next calls of an action: the whole call, or some entries of its batch. */
interface Fault {
  readonly action: string;
  readonly times?: number;
  readonly what:
    | { readonly status: number; readonly code: string }
    | { readonly entries: readonly number[]; readonly code: string; readonly senderFault: boolean };
}

export interface SqsDouble {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly calls: readonly LoggedCall[];
  fail(fault: Fault): void;
  /** All that is stored, in the order of its coming. */
  stored(): readonly { readonly body: string; readonly group: string | undefined; readonly attributes: unknown }[];
  /** Neither visible nor deleted and received, and the others. */
  pending(): { readonly waiting: number; readonly inFlight: number };
  /** Resolves when no request is being worked on but polls that wait. */
  settled(): Promise<void>;
}

const MOST_DELAY = 900;

export function sqsDouble(clock: HandClock): SqsDouble {
  const stored: Stored[] = [];
  const calls: LoggedCall[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const pollers = new Set<() => void>();
  let serial = 0;
  let activity = 0;

  function store(
    body: string,
    delaySeconds: number,
    group: string | undefined,
    attributes: unknown,
  ): Record<string, string> {
    if (delaySeconds > MOST_DELAY) throw new Refusal(400, 'InvalidParameterValue');
    serial += 1;
    const visibleAt = clock.now() + delaySeconds * 1000;
    stored.push({ id: `m${serial}`, body, attributes, group, visibleAt, receives: 0, receipt: undefined });
    wakeAt(visibleAt);
    return { MessageId: `m${serial}`, MD5OfMessageBody: md5(body) };
  }

  /** Polls look again now, and when something becomes visible. */
  function wakeAt(when: number): void {
    const wake = () => {
      for (const poller of pollers) poller();
    };
    if (when <= clock.now()) wake();
    else clock.at(when, wake);
  }

  function take(count: number, visibilitySeconds: number): Message[] {
    const now = clock.now();
    const visible = stored.filter(({ visibleAt }) => visibleAt <= now).sort((a, b) => a.visibleAt - b.visibleAt);
    return visible.slice(0, count).map((message) => {
      serial += 1;
      message.receives += 1;
      message.receipt = `r${serial}`;
      message.visibleAt = now + visibilitySeconds * 1000;
      wakeAt(message.visibleAt);
      return {
        MessageId: message.id,
        Body: message.body,
        MD5OfBody: md5(message.body),
        ReceiptHandle: message.receipt,
        Attributes: {
          ApproximateReceiveCount: String(message.receives),
          ...(message.group === undefined ? {} : { MessageGroupId: message.group }),
        },
        ...(message.attributes === undefined ? {} : { MessageAttributes: message.attributes as never }),
      };
    });
  }

  async function receive(asked: Asked, signal: AbortSignal | undefined): Promise<object> {
    const { MaxNumberOfMessages = 1, WaitTimeSeconds = 0, VisibilityTimeout = 30 } = asked;
    const until = clock.now() + WaitTimeSeconds * 1000;
    for (;;) {
      if (signal?.aborted === true) throw Object.assign(new Error('aborted'), { name: 'AbortError' });
      const Messages = take(MaxNumberOfMessages, VisibilityTimeout);
      if (Messages.length > 0) return { Messages };
      if (clock.now() >= until) return {};
      await new Promise<void>((resolve) => {
        const poller = () => {
          pollers.delete(poller);
          resolve();
        };
        pollers.add(poller);
        clock.at(until, poller);
        signal?.addEventListener('abort', poller, { once: true });
      });
    }
  }

  function byReceipt(entries: readonly Entry[], change: (message: Stored, entry: Entry) => void): object {
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const entry of entries) {
      const message = stored.find(({ receipt }) => receipt === entry.ReceiptHandle);
      if (message === undefined) Failed.push({ Id: entry.Id, Code: 'ReceiptHandleIsInvalid', SenderFault: true });
      else {
        change(message, entry);
        Successful.push({ Id: entry.Id });
      }
    }
    return { Successful, Failed };
  }

  async function answer(action: string, asked: Asked, signal: AbortSignal | undefined): Promise<object> {
    const { Entries = [] } = asked;
    switch (action) {
      case 'SendMessage':
        return store(asked.MessageBody ?? '', 0, undefined, asked.MessageAttributes);
      case 'SendMessageBatch': {
        if (Entries.length > 10) throw new Refusal(400, 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest');
        const fault = takeFault(faults, action);
        const refused = fault !== undefined && 'entries' in fault.what ? fault.what : undefined;
        const isRefused = (index: number) => refused?.entries.includes(index) === true;
        const { code: Code = '', senderFault: SenderFault = false } = refused ?? {};
        return {
          Successful: Entries.flatMap((entry, index) => {
            if (isRefused(index)) return [];
            return [
              { Id: entry.Id, ...store(entry.MessageBody, entry.DelaySeconds ?? 0, entry.MessageGroupId, undefined) },
            ];
          }),
          Failed: Entries.flatMap(({ Id }, index) => (isRefused(index) ? [{ Id, Code, SenderFault }] : [])),
        };
      }
      case 'ReceiveMessage':
        return await receive(asked, signal);
      case 'DeleteMessageBatch':
        return byReceipt(Entries, (message) => void stored.splice(stored.indexOf(message), 1));
      case 'ChangeMessageVisibilityBatch':
        return byReceipt(Entries, (message, { VisibilityTimeout }) => {
          message.visibleAt = clock.now() + VisibilityTimeout * 1000;
          wakeAt(message.visibleAt);
        });
      default:
        throw new Refusal(400, 'InvalidAction');
    }
  }

  async function handle(request: { headers: Record<string, string>; body?: unknown }, signal: AbortSignal | undefined) {
    activity += 1;
    const action = (request.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
    const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body as Uint8Array);
    const asked = JSON.parse(text) as Asked;
    calls.push({ action, asked });
    try {
      const whole = faults.find(({ fault, left }) => left > 0 && fault.action === action && 'status' in fault.what);
      if (whole !== undefined && 'status' in whole.fault.what) {
        whole.left -= 1;
        throw new Refusal(whole.fault.what.status, whole.fault.what.code);
      }
      return http(200, await answer(action, asked, signal));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return http(error.status, { __type: `com.amazonaws.sqs#${error.code}`, message: 'refused by the double' });
    } finally {
      activity += 1;
    }
  }

  const client = new SQSClient({
    region: 'us-east-1',
    endpoint: 'https://sqs.invalid',
    credentials: { accessKeyId: 'double', secretAccessKey: 'double-secret' },
    maxAttempts: 1,
    requestHandler: {
      handle: (request: never, options: { abortSignal?: AbortSignal } = {}) => handle(request, options.abortSignal),
      destroy() {},
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
    } as never,
  });

  return {
    client,
    queueUrl: 'https://sqs.invalid/000000000000/queue',
    calls,
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    stored: () => stored.map(({ body, group, attributes }) => ({ body, group, attributes })),
    pending() {
      const inFlight = stored.filter(({ receives, visibleAt }) => receives > 0 && visibleAt > clock.now()).length;
      return { waiting: stored.length - inFlight, inFlight };
    },
    async settled() {
      // The SDK takes a few turns of the event loop for each call; none for a while = nothing is going on.
      for (let quiet = 0; quiet < 8; ) {
        const before = activity;
        await new Promise(setImmediate);
        quiet = activity === before ? quiet + 1 : 0;
      }
    },
  };
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

function takeFault(faults: { fault: Fault; left: number }[], action: string): Fault | undefined {
  const found = faults.find(({ fault, left }) => left > 0 && fault.action === action);
  if (found === undefined) return undefined;
  found.left -= 1;
  return found.fault;
}

function http(statusCode: number, body: object): object {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'double' };
  return { response: { statusCode, headers, body: Readable.from([bytes]) } };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
