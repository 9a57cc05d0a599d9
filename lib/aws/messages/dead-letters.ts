import { loadBatch } from '../../pipeline/requests/batches/load-batch.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { readFinalizerMessage, readPlannerMessage, readStreamTask } from '../../queues/messages.ts';
import type { Letter, Letters } from '../../queues/sqs/letters.ts';
import { isBatchOver } from '../../transfer/batch/batch-record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { subjectOf } from './subjects.ts';

/** What a message is about. `spanAt`: when a tick sent it; another one comes each minute. */
export type About = { readonly transferId: string } | { readonly batchId: string } | { readonly spanAt: string };

/** The dead letters of one queue, and how their bodies are read. */
export interface DeadLetters {
  readonly letters: Letters;
  /** @throws PieceworkError `MessageMalformed`. */
  readonly about: (body: string) => About;
}

/** How many of each queue one tick looks at: each costs a read of a record. */
const MOST = 100;

export function aboutPlan(body: string): About {
  return readPlannerMessage(body);
}

export function aboutStream(body: string): About {
  return readStreamTask(body);
}

export function aboutResult(body: string): About {
  const subject = subjectOf(readFinalizerMessage(body));
  return 'span' in subject ? { spanAt: subject.span.at } : subject;
}

/**
 * Deletes the dead letters of what has ended: they ask for nothing any more, and an alarm stands for as long as they
 * lie there. What goes on, what has no record and what is not understood stays for people (docs/runbook.md).
 * @param dropped gets what each was about
 */
export async function dropEnded(
  ports: Pick<Ports, 'records'>,
  { letters, about }: DeadLetters,
  dropped: (about: About) => void,
  signal: AbortSignal,
): Promise<void> {
  const kept: Letter[] = [];
  try {
    for (let taken = 0; taken < MOST && !signal.aborted; ) {
      const some = await letters.take();
      if (some.length === 0) return;
      taken += some.length;
      kept.push(...some);
      for (const letter of some) {
        const subject = readAbout(about, letter);
        if (subject === undefined || !(await hasEnded(ports, subject))) continue;
        await letters.drop([letter]);
        kept.splice(kept.indexOf(letter), 1);
        dropped(subject);
      }
    }
  } finally {
    // What can not be given back is seen again when its time is over.
    await letters.giveBack(kept).catch(() => undefined);
  }
}

function readAbout(about: DeadLetters['about'], { body }: Letter): About | undefined {
  try {
    return about(body);
  } catch {
    return undefined;
  }
}

async function hasEnded(ports: Pick<Ports, 'records'>, about: About): Promise<boolean> {
  if ('spanAt' in about) return true;
  if ('batchId' in about) {
    const batch = await loadBatch(ports, about.batchId);
    return batch !== undefined && isBatchOver(batch);
  }
  const loaded = await loadTransfer(ports, about.transferId);
  return loaded !== undefined && isOver(loaded.record);
}
