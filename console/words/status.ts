/** How a transfer or batch stands, as colours and marks show it. */
export type Tone = 'moving' | 'waiting' | 'paused' | 'trouble' | 'done' | 'failed' | 'cancelled';

interface Standing {
  readonly status: string;
  readonly paused?: boolean | undefined;
  readonly ending?: unknown;
  /** The source is being waited for. */
  readonly waiting?: unknown;
}

export const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

export function toneOf({ status, paused, waiting }: Standing): Tone {
  if (status === 'completed') return 'done';
  if (status === 'failed') return 'failed';
  if (status === 'cancelled') return 'cancelled';
  if (paused === true) return 'paused';
  if (waiting !== undefined) return 'trouble';
  return status === 'accepted' ? 'waiting' : 'moving';
}

const WORDS: Readonly<Record<string, string>> = {
  accepted: 'Waiting',
  planning: 'Planning',
  transferring: 'Transferring',
  running: 'Running',
  finalizing: 'Finalizing',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function statusWord(standing: Standing): string {
  const { status } = standing;
  if (!ENDED.has(status) && standing.paused === true) return 'Paused';
  if (!ENDED.has(status) && standing.ending !== undefined) return 'Ending';
  if (!ENDED.has(status) && standing.waiting !== undefined) return 'Waiting for the source';
  return WORDS[status] ?? status;
}

/** A sentence for each, for those who see it for the first time. */
export const MEANING: Readonly<Record<string, string>> = {
  accepted: 'It is taken on, and begins when its turn comes.',
  planning: 'The source is asked what it has: size, version, ranges.',
  transferring: 'Pieces are on their way.',
  running: 'Its entries are on their way.',
  finalizing: 'All pieces are there. They are checked, and then the object becomes visible.',
  completed: 'The object is there, whole and verified.',
  failed: 'It ended without an object. Nothing half is left at the destination.',
  cancelled: 'It was ended. Nothing half is left at the destination.',
};
