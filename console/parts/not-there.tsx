import type { Problem } from '../api/call.ts';
import { hrefOf } from '../route.ts';

interface NotThereProps {
  /** `transfer`, `batch`. */
  readonly what: string;
  /** Why it can't be shown; absent = it is being read. */
  readonly problem: Problem | undefined;
}

/** In the place of what is not there yet, or can't be shown. */
export function NotThere({ what, problem }: NotThereProps) {
  if (problem === undefined)
    return (
      <p class="soft" role="status">
        Reading the {what} …
      </p>
    );
  return (
    <div class="empty" role="alert">
      <h1>{problem.status === 404 ? `There is no such ${what}` : 'It can’t be shown'}</h1>
      <p class="soft">{problem.message}</p>
      <a class="button" href={hrefOf({ view: 'list' })}>
        All transfers
      </a>
    </div>
  );
}
