/** `again` after a stored step; a wait when only time helps; `done` when nothing is left. */
export type Step = 'again' | 'done' | Wait;

export interface Wait {
  readonly waitMs: number;
}
