import type { PauseNote } from '../../../records/records.ts';

/** What hands the messages of a queue to a function. */
export interface EventSource {
  readonly id: string;
  /** The queue's name. */
  readonly queue: string;
  /** `Enabled`, `Disabled`, or on its way: `Enabling`, `Disabling`, `Creating`, `Updating`. */
  readonly state: string;
  /** Functions at work for it at once, where that is bounded. */
  readonly maxConcurrency?: number;
  /** What AWS says of the last time: `OK`, `No records processed`, `PROBLEM: …`. */
  readonly lastResult?: string;
}

/** What can be switched off of a deployment, and the note of who did it. @throws PieceworkError each. */
export interface Switches {
  eventSources(): Promise<readonly EventSource[]>;
  /** Asked of AWS, which takes its time; `false` = it can't be asked right now, since a change is under way. */
  switchEventSource(id: string, on: boolean): Promise<boolean>;
  isScheduled(): Promise<boolean>;
  switchSchedule(on: boolean): Promise<void>;
  note(): Promise<PauseNote | undefined>;
  writeNote(note: PauseNote): Promise<void>;
  deleteNote(): Promise<void>;
}
