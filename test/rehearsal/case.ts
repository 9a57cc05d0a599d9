import type { Scene } from './scene.ts';

/** A cause, brought about, found by the runbook, mended by it, and over. */
export interface Case {
  /** Of docs/runbook.md. `undefined` = no alarm is to fire: the deployment mends it by itself. */
  readonly alarm: string | undefined;
  /** Where there is no alarm: who says it, for the table. @default it mends itself */
  readonly saidBy?: string;
  /** In a few words, for the table. */
  readonly cause: string;
  /** Brings it about. @returns from when on its metric is read, in Unix milliseconds */
  bringAbout(scene: Scene): Promise<number>;
  /** Does what the runbook's heading says, with its commands. @throws Error where they do not show or do it */
  mend(scene: Scene): Promise<void>;
  /** Resolves when everything that was asked for is there, byte for byte. */
  prove(scene: Scene): Promise<void>;
}
