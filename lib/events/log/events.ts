import { Logger } from '@aws-lambda-powertools/logger';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import { printable } from '../../values/text/printable.ts';
import { loggedError } from './error.ts';

export interface LogOptions {
  /** The field `service` of every line. */
  readonly service: string;
  /** The field `version` of every line. */
  readonly version: string;
  /** Pieces that are done are logged at DEBUG only. @default POWERTOOLS_LOG_LEVEL, else INFO */
  readonly level?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
}

type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  /** A subscriber. */
  event(event: PieceworkEvent): void;
  /** Something was thrown that is in no event. `about` holds no secret. */
  failed(what: string, error: unknown, about?: Fields): void;
  warn(sentence: string, about?: Fields): void;
  /** What was done without an event. `about` holds no secret. */
  info(sentence: string, about?: Fields): void;
  /**
   * One line for a request that was answered, at the level of its status. `about` holds no secret.
   * @param failure of ours, with its cause
   */
  request(about: Fields & { readonly status: number }, failure?: unknown): void;
}

/** Lines of JSON on standard output, with `transferId` wherever there is one; no secret in any of them. */
export function jsonLog({ service, version, level }: LogOptions): Log {
  const logger = new Logger({
    serviceName: service,
    persistentKeys: { version },
    jsonReplacerFn: (_key, value: unknown) => (typeof value === 'string' ? printable(value) : value),
    ...(level === undefined ? {} : { logLevel: level }),
  });
  return {
    event(event) {
      const line = lineOf(event);
      if (line === undefined) return;
      logger[line.level](event.type, { ...line.fields });
    },
    failed: (what, error, about = {}) => logger.error(what, { ...about, failure: loggedError(error) }),
    warn: (sentence, about = {}) => logger.warn(sentence, { ...about }),
    info: (sentence, about = {}) => logger.info(sentence, { ...about }),
    request(about, failure) {
      const level = about.status >= 500 ? 'error' : about.status >= 400 ? 'warn' : 'info';
      logger[level]('request', { ...about, ...(failure === undefined ? {} : { failure: loggedError(failure) }) });
    },
  };
}

interface Line {
  readonly level: 'debug' | 'info' | 'warn';
  readonly fields: Fields;
}

/** Everything of an event but its type, cut to what a line bears. */
function lineOf(event: PieceworkEvent): Line | undefined {
  switch (event.type) {
    case 'piece.progress':
      return undefined;
    case 'piece.started':
    case 'piece.done':
      return { level: 'debug', fields: rest(event) };
    case 'piece.failed':
    case 'piece.requeued':
    case 'retrying':
    case 'probe.retrying':
    case 'left':
    case 'failed':
      return { level: 'warn', fields: rest(event) };
    case 'planned': {
      const { transferId, plan, snapshot, done, doneThrough } = event;
      const { sizeBytes, ranges, validator, warnings } = snapshot;
      return {
        level: 'info',
        fields: {
          transferId,
          plan,
          sizeBytes,
          ranges,
          validator: validator.kind,
          warnings,
          doneThrough,
          doneCount: done.length,
        },
      };
    }
    case 'warning':
      return { level: 'warn', fields: { sentence: event.message } };
    default:
      return { level: 'info', fields: rest(event) };
  }
}

function rest(event: PieceworkEvent): Fields {
  const { type: _, ...fields } = event;
  return fields;
}
