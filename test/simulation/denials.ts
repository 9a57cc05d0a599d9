/** What a store can refuse by itself: the requests that S3 has rights of their own for. */
export const STORE_ACTIONS = [
  'head',
  'put',
  'create',
  'part',
  'list',
  'complete',
  'abort',
  'listUploads',
  'read',
  'delete',
] as const;

export type StoreAction = (typeof STORE_ACTIONS)[number];

/** A store that refuses some of what it is asked, without end as far as any transfer is concerned. */
export interface Denial {
  readonly actions: readonly StoreAction[];
  /** It says no, or it asks for patience each time. */
  readonly how: 'denied' | 'busy';
  readonly fromMs: number;
  /** Long after every deadline: then its rights are mended, and what was left is cleaned up. */
  readonly untilMs: number;
}
