import type { Verb } from '../state/actions.ts';

interface PauseButtonsProps {
  /** What each will do. */
  readonly titles: { readonly resume?: string; readonly pause: string };
  may(verb: Verb): boolean;
  act(verb: Verb): void;
}

/** Those of the two that may be done now. */
export function PauseButtons({ titles, may, act }: PauseButtonsProps) {
  return (
    <>
      {may('resume') ? (
        <button type="button" class="button main" title={titles.resume} onClick={() => act('resume')}>
          Resume
        </button>
      ) : null}
      {may('pause') ? (
        <button type="button" class="button" title={titles.pause} onClick={() => act('pause')}>
          Pause
        </button>
      ) : null}
    </>
  );
}
