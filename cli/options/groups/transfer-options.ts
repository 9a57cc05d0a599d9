import { DEFAULT_OPTIONS } from '../../../lib/transfer/request.ts';
import { formatDuration } from '../../../lib/values/units.ts';
import { bytes, duration, integer, timetable } from '../kinds/numbers.ts';
import { choice, digest, matching, toggle } from '../kinds/texts.ts';
import { ASKING, ASKING_EACH, FETCHING, option } from '../option.ts';

const YEAR_MS = 365 * 86_400_000;

/** How a transfer goes, and what proves that it went right. */
export const TRANSFER_OPTIONS = {
  parallel: option({
    kind: integer(1, 256),
    group: 'Transfer',
    verbs: ASKING_EACH,
    help: 'pieces in flight, each on a connection of its own (1 to 256)',
    fallback: String(DEFAULT_OPTIONS.parallelism),
  }),
  pieceSize: option({
    // Far below any use, and above what is meant as a number of MiB.
    kind: bytes(4096),
    group: 'Transfer',
    verbs: ASKING,
    help: 'bytes of a piece, within the limits of the destination',
    fallback: 'by size and destination',
  }),
  limitRate: option({
    kind: timetable,
    group: 'Transfer',
    verbs: FETCHING,
    help: 'bytes per second for all pieces together, or a timetable of this machine’s time such as 8:00=10MiB,18:00=off',
    fallback: 'no limit',
  }),
  noRescue: option({
    kind: toggle,
    group: 'Transfer',
    verbs: FETCHING,
    help: 'do not ask once more, on another connection, for a piece that is much slower than the others',
    fallback: 'off',
  }),
  directWrites: option({
    kind: choice(['auto', 'always', 'never']),
    group: 'Transfer',
    verbs: FETCHING,
    help: 'write files past the system’s cache, on Linux: auto (what is large for the memory), always, or never',
    fallback: 'auto',
  }),
  maxAttempts: option({
    kind: integer(1, 100),
    group: 'Transfer',
    verbs: ASKING_EACH,
    help: 'failures of one piece before the transfer fails (1 to 100); a wait that the source asks for is none',
    fallback: String(DEFAULT_OPTIONS.maxFailures),
  }),
  deadline: option({
    kind: duration(1000, YEAR_MS),
    group: 'Transfer',
    verbs: ASKING,
    help: 'time that the transfer may run; an interruption does not count',
    fallback: formatDuration(DEFAULT_OPTIONS.deadlineMs),
  }),
  maxWait: option({
    kind: duration(1000, YEAR_MS),
    group: 'Transfer',
    verbs: ASKING,
    help: 'time that the source may give nothing (it refuses, is not there, asks to wait) before the transfer ends with its reason',
    fallback: '15m; 1h in a deployment',
  }),
  hold: option({
    kind: duration(0, YEAR_MS),
    group: 'Transfer',
    verbs: ASKING,
    help: 'how long the pieces of a failed transfer are kept for another try; 0 = not at all',
    fallback: formatDuration(DEFAULT_OPTIONS.holdMs),
  }),
  ifExists: option({
    kind: choice(['replace', 'fail', 'if-changed']),
    group: 'Transfer',
    verbs: ASKING_EACH,
    help: 'if the destination exists: replace, fail, or if-changed (replace when the source is another version)',
    fallback: DEFAULT_OPTIONS.ifExists,
  }),
  noClobber: option({
    kind: toggle,
    group: 'Transfer',
    verbs: ASKING_EACH,
    help: 'the same as --if-exists fail',
    fallback: 'off',
  }),
  onSourceChange: option({
    kind: choice(['restart', 'fail']),
    group: 'Transfer',
    verbs: ASKING,
    help: 'if the source changes under way: restart (once in pieces, once as one stream), or fail',
    fallback: DEFAULT_OPTIONS.onSourceChange,
  }),
  serverSideCopy: option({
    kind: choice(['auto', 'always', 'never']),
    group: 'Transfer',
    verbs: ASKING,
    help: 'let the store copy an object of its own by itself: auto (where it can), always (or fail), or never',
    fallback: DEFAULT_OPTIONS.serverSideCopy,
  }),
  restart: option({
    kind: toggle,
    group: 'Transfer',
    verbs: ['copy'],
    help: 'give up an unfinished transfer to this destination and begin anew',
    fallback: 'off',
  }),
  dryRun: option({
    kind: toggle,
    short: '-n',
    group: 'Transfer',
    verbs: ['copy', 'batch'],
    help: 'ask the source, or for each entry once, say what would be done, do nothing',
    fallback: 'off',
  }),
  strict: option({
    kind: toggle,
    group: 'Proof',
    verbs: ASKING_EACH,
    help: 'fail where nothing proves the end of the source; without it that is a warning',
    fallback: 'off',
  }),
  expectSha256: option({ kind: digest('sha256'), group: 'Proof', verbs: ASKING, help: 'the SHA-256 it must have' }),
  expectSha512: option({ kind: digest('sha512'), group: 'Proof', verbs: ASKING, help: 'the SHA-512 it must have' }),
  expectSha1: option({ kind: digest('sha1'), group: 'Proof', verbs: ASKING, help: 'the SHA-1 it must have' }),
  expectMd5: option({ kind: digest('md5'), group: 'Proof', verbs: ASKING, help: 'the MD5 it must have' }),
  expectCrc32: option({ kind: digest('crc32'), group: 'Proof', verbs: ASKING, help: 'the CRC-32 it must have' }),
  expectSize: option({ kind: bytes(0), group: 'Proof', verbs: ASKING, help: 'the size it must have' }),
  expectType: option({
    kind: matching('TYPE', /^[\w!#$&^.+-]+\/([\w!#$&^.+-]+|\*)$/, 'a media type such as image/png or image/*'),
    group: 'Proof',
    verbs: ASKING,
    help: 'the media type it must have, such as application/zip or image/*',
  }),
};
