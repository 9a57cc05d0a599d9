/** What can be done about a failure from this page. */
export type Remedy = 'retry' | 'link' | 'limit' | 'none';

interface Advice {
  /** What happened, in a few words. */
  readonly title: string;
  /** One sentence: what to do. */
  readonly todo: string;
  readonly remedy: Remedy;
}

const later = 'Nothing is wrong with the request: try it again later.';

/** By the error's code; docs/errors.md has them all. */
const ADVICE: Readonly<Record<string, Advice>> = {
  SourceBadRequest: {
    title: 'The source finds the request wrong',
    todo: 'Check the link and what is sent with it.',
    remedy: 'link',
  },
  SourceUnauthorized: {
    title: 'The source wants credentials',
    todo: 'A signed link may have expired: give a new one.',
    remedy: 'link',
  },
  SourceForbidden: {
    title: 'The source refuses',
    todo: 'A signed link may have expired: give a new one. Else check the rights there.',
    remedy: 'link',
  },
  SourceNotFound: {
    title: 'There is nothing at the link',
    todo: 'Check the link; if the file was moved, give its new one.',
    remedy: 'link',
  },
  SourceGone: { title: 'It is no longer there', todo: 'Look for its new address, and give that.', remedy: 'link' },
  SourceIsFolder: { title: 'The link leads to a folder', todo: 'Give the link of one file.', remedy: 'link' },
  SourceBusy: {
    title: 'The source asks for patience',
    todo: 'Try again later, or lower the connections for each host.',
    remedy: 'limit',
  },
  SourceServerError: { title: 'The source’s server fails', todo: later, remedy: 'retry' },
  SourceReset: {
    title: 'Connections broke off',
    todo: 'Try again; if it goes on, lower the connections for each host.',
    remedy: 'retry',
  },
  SourceRefused: {
    title: 'No server answers there',
    todo: 'Check that the server runs, then try again.',
    remedy: 'retry',
  },
  SourceTimeout: { title: 'The source did not answer in time', todo: later, remedy: 'retry' },
  SourceStalled: { title: 'The source stopped sending', todo: later, remedy: 'retry' },
  SourceNotResolved: {
    title: 'The host’s name is not known',
    todo: 'Check the name and the network, then try again.',
    remedy: 'retry',
  },
  SourceChanged: {
    title: 'The source changed on the way',
    todo: 'Try again: the new version is then taken.',
    remedy: 'retry',
  },
  SourceNeeded: {
    title: 'The link has a secret that is not stored',
    todo: 'Give the whole link once more.',
    remedy: 'link',
  },
  DigestMismatch: {
    title: 'The bytes are not the expected ones',
    todo: 'Check the expected digest; the source may hold another file.',
    remedy: 'none',
  },
  UnexpectedSize: { title: 'The size is not the expected one', todo: 'Check what was expected.', remedy: 'none' },
  UnexpectedType: {
    title: 'The type is not the expected one',
    todo: 'A page of a login or an error may stand in its place: open the link in a browser.',
    remedy: 'link',
  },
  DestinationExists: {
    title: 'Something is there already',
    todo: 'Choose another name, or allow it to be replaced.',
    remedy: 'none',
  },
  DestinationFull: { title: 'The destination is full', todo: 'Make room there, then try again.', remedy: 'retry' },
  DestinationDenied: {
    title: 'The destination refuses',
    todo: 'Give the right that the message names, then try again.',
    remedy: 'retry',
  },
  DestinationCredentials: {
    title: 'The destination’s credentials are missing or over',
    todo: 'Log in again where the server runs, then try again.',
    remedy: 'retry',
  },
  DestinationNotWritable: {
    title: 'The place can’t be written',
    todo: 'Check the folder and its rights, then try again.',
    remedy: 'retry',
  },
  DestinationMissing: { title: 'The destination does not exist', todo: 'Create it, then try again.', remedy: 'retry' },
  DestinationLocked: {
    title: 'Another transfer has this place',
    todo: 'Wait until it is over, or cancel it.',
    remedy: 'retry',
  },
  DeadlineExceeded: {
    title: 'Its time was over',
    todo: 'Try again: it goes on with the pieces that are there.',
    remedy: 'retry',
  },
  GuardRefused: {
    title: 'The address may not be contacted',
    todo: 'Give a public address; the operator can allow others.',
    remedy: 'none',
  },
  Cancelled: { title: 'It was cancelled', todo: 'Try again if it is wanted after all.', remedy: 'retry' },
  TooManyFailures: { title: 'Too many entries failed', todo: 'See the causes, then try again.', remedy: 'retry' },
};

export function adviceFor(code: string): Advice {
  return (
    ADVICE[code] ?? {
      title: code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      todo: 'The message says what happened; mend that, then try again.',
      remedy: 'retry',
    }
  );
}
