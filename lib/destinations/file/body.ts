import { PieceworkError } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import type { Body } from '../../values/bytes.ts';
import { untilAborted } from '../../values/call.ts';

/**
 * The body view by view, each valid until the next is asked for. Throws before a byte too many is handed out, and at
 * the end for one too few: exactly `sizeBytes` or an error.
 * @param viewBytes how long a view is, at most. @default as it suits the body
 */
export async function* viewsOf(
  body: Body,
  sizeBytes: number,
  signal: AbortSignal,
  viewBytes?: number,
): AsyncGenerator<Uint8Array> {
  if (body.kind === 'whole') {
    checkLength(body.bytes.length, sizeBytes);
    if (crc32(body.bytes) !== body.crc32) {
      throw new PieceworkError('ChecksumMismatch', 'the bytes in memory are no longer those that were checksummed');
    }
    if (sizeBytes > 0) yield body.bytes;
    return;
  }
  let seen = 0;
  for (;;) {
    const view = await untilAborted(body.next(viewBytes), signal);
    if (view === undefined) break;
    seen += view.length;
    if (seen > sizeBytes) checkLength(seen, sizeBytes);
    yield view;
  }
  checkLength(seen, sizeBytes);
}

function checkLength(given: number, sizeBytes: number): void {
  if (given < sizeBytes) throw new PieceworkError('BodyShort', `the body ended after ${given} of ${sizeBytes} bytes`);
  if (given > sizeBytes) throw new PieceworkError('BodyLong', `the body goes on after its ${sizeBytes} bytes`);
}
