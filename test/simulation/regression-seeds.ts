/**
 * Histories in which the simulation found a bug, replayed for good. (Who changes how a scenario is drawn makes other histories of the
 * same seeds: bring each bug back in a copy, and find it a new seed.)
 */
export const REGRESSION_SEEDS: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 9,
    found:
      'the intent was removed although the answer of its Create, or of the swap that was to record it, was unsure: an orphan that nobody looked for',
  },
  {
    seed: 184,
    found:
      'an ending did not ask for our object when the upload was staged: cancelled, and the promoted object was there',
  },
  {
    seed: 3196,
    found: 'an upload that somebody aborted left the record, and a late part brought it back: nobody aborted it again',
  },
  { seed: 115, found: 'a marker of an earlier run was deleted, and the source sealed for that run stayed for ever' },
  { seed: 159, found: 'a retry with a source of its own left the one by which several earlier runs had gone' },
  { seed: 44, found: 'an object that a head found to be ours was completed without the digest that had been proved' },
  {
    seed: 682,
    found:
      'a submit that was repeated after its marker had been buried got the tombstone back, and never became a transfer',
  },
  { seed: 481, found: 'a retry that died between its swap and its clean-up left a sealed source' },
  {
    seed: 25832,
    found:
      'of two submits at once, the slower one sealed its source after the transfer of the other had ended and been cleaned up',
  },
  {
    seed: 74038,
    found:
      'the search for an orphan aborted the upload that another transfer to the same key held, without a part as yet',
  },
];
