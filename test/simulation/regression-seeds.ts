/**
 * Histories in which the simulation found a bug, replayed for good. A seed is a history of the code as it is: who
 * changes how a scenario is drawn, or which calls a use case makes, makes it another history, as good as any other. So
 * what a bug taught is also held by a unit test (decide-pieces, transitions, submit-and-retry, orphans); to find a bug
 * its seed again, bring it back in a copy. Histories have moved since these were found: which of them still come to
 * their bug has not been tried again.
 */
export const REGRESSION_SEEDS: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 9,
    found:
      'the answer of a Create or of its swap was unsure, and the intent was removed all the same: an orphan for ever',
  },
  {
    seed: 260,
    found:
      'an ending did not ask for our object when the upload was staged: cancelled, and the promoted object was there',
  },
  {
    seed: 3346,
    found: 'an upload that somebody aborted left the record, and a late part brought it back: nobody aborted it again',
  },
  { seed: 432, found: 'a marker of an earlier run was deleted, and the source sealed for that run stayed for ever' },
  { seed: 15, found: 'a retry with a source of its own left the one by which several earlier runs had gone' },
  { seed: 44, found: 'an object that a head found to be ours was completed without the digest that had been proved' },
  {
    seed: 682,
    found:
      'a submit that was repeated after its marker had been given up got the tombstone back, and was never carried out',
  },
  { seed: 4, found: 'a tombstone was never settled, because its destination is none that the home knows' },
  { seed: 481, found: 'a retry that died between its swap and its clean-up left a sealed source' },
  {
    seed: 25832,
    found: 'of two submits at once, the slower one sealed its source after the other had ended and been cleaned up',
  },
  {
    seed: 74038,
    found:
      'the search for an orphan aborted an upload that another transfer to the same key held, without a part as yet',
  },
];
