import { toast } from '../../parts/toasts.tsx';
import { go } from '../../route.ts';
import { messageOf } from '../../state/actions.ts';
import { count } from '../../words/format.ts';
import { submit, submitBatch } from './submit.ts';

interface Start {
  readonly urls: readonly string[];
  readonly place: string;
  readonly ifExists: string;
  readonly asBatch: boolean;
}

/** Starts all, and goes to where they are seen. @returns the links that were refused */
export async function start({ urls, place, ifExists, asBatch }: Start): Promise<readonly string[]> {
  if (asBatch) {
    try {
      go({ view: 'batch', id: (await submitBatch(urls, place, crypto.randomUUID())).id });
      return [];
    } catch (thrown) {
      toast('failed', messageOf(thrown));
      return urls;
    }
  }
  const started: string[] = [];
  const refused: string[] = [];
  for (const url of urls) {
    try {
      started.push((await submit({ url, destination: place, ifExists }, crypto.randomUUID())).id);
    } catch (thrown) {
      refused.push(url);
      toast('failed', urls.length === 1 ? messageOf(thrown) : `${url}: ${messageOf(thrown)}`);
    }
  }
  const [first] = started;
  if (started.length > 1) toast('done', `${count(started.length, 'transfer')} started.`);
  if (refused.length === 0)
    go(started.length === 1 && first !== undefined ? { view: 'transfer', id: first } : { view: 'list' });
  return refused;
}

/** Why it can't begin yet. */
export function missingOf(urls: readonly string[], place: string): string | undefined {
  if (urls.length === 0) return 'Give a link first.';
  if (place === '') return 'Say where it goes.';
  if (urls.length > 1 && !place.endsWith('/')) return 'Several links go into a folder: end the place with a slash.';
  return undefined;
}
