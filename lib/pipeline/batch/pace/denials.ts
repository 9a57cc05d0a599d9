/**
 * What a host's denials (403) that may be limits come to: whether it is asked too much, and whether it pays to wait, or
 * they are about the files.
 */
export interface Denials {
  /** It is worth waiting: it has served us, and waiting was not in vain. */
  readonly mayPass: boolean;
  served(): void;
  /** It is known for what it bears: it has served others. */
  isKnown(): void;
  /** What one more denial says. `all`: nothing else has come lately, so often in a row. */
  denied(): { readonly are: 'few' | 'many' } | { readonly are: 'all'; readonly times: number };
  /** What came of a file whose denial was waited out: it was there, or it is denied for good. */
  waitedOut(isThere: boolean): void;
  /** To ask less made no difference. */
  giveUp(): void;
}

const LAST_ANSWERS = 8;
const MANY = 2;
/** So many files were waited for in vain, and none came: the others that are denied are not waited for. */
const MOST_IN_VAIN = 4;

/** @param servedBefore another worker was served a while ago */
export function denialsOfHost(servedBefore = false): Denials {
  let wereDenied: boolean[] = [];
  let hasServed = servedBefore;
  let allTimes = 0;
  let inVain = 0;
  const mayPass = () => hasServed && inVain < MOST_IN_VAIN;

  function note(isDenied: boolean): void {
    wereDenied.push(isDenied);
    if (wereDenied.length > LAST_ANSWERS) wereDenied.shift();
  }

  return {
    get mayPass() {
      return mayPass();
    },
    served() {
      note(false);
      hasServed = true;
      allTimes = 0;
    },
    isKnown() {
      hasServed = true;
    },
    denied() {
      note(true);
      const count = wereDenied.filter(Boolean).length;
      if (!mayPass() || count < MANY) return { are: 'few' };
      if (count < LAST_ANSWERS) return { are: 'many' };
      wereDenied = [];
      allTimes += 1;
      return { are: 'all', times: allTimes };
    },
    waitedOut(isThere) {
      inVain = isThere ? 0 : inVain + 1;
    },
    giveUp() {
      inVain = MOST_IN_VAIN;
    },
  };
}
