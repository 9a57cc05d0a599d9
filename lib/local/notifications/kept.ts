import type { RecordKey } from '../../records/records.ts';

/** Hooks of a transfer, until its end. */
interface KeptHooks {
  readonly v: 1;
  /** `Hooks`, sealed. */
  readonly sealed: string;
}

/** An end that is to be sent, until it was, or is given up. */
export interface KeptNotification {
  readonly v: 1;
  /** Of the event: equal for the same end sent twice. */
  readonly id: string;
  /** Its webhook, sealed. */
  readonly sealed: string;
  /** What is posted; holds no secret. */
  readonly body: string;
  /** What it is about comes to no other end: its hooks go with it. @default it may be retried, and end again */
  readonly isLast?: true;
  /** Tries that were begun. */
  readonly tries: number;
  /** ISO 8601: not to be tried before; while one tries, no one else does. */
  readonly notBefore: string;
}

const ROOM = 'notifications/';

export const KEPT = {
  hooks: (id: string): RecordKey<KeptHooks> => ({ path: `hooks/${id}.json` }),
  notification: (eventId: string): RecordKey<KeptNotification> => ({ path: `${ROOM}${eventId}.json` }),
  notifications: ROOM,
  room: 'notifications',
} as const;
