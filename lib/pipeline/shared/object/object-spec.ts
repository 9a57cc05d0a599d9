import type { Destination, ObjectSpec } from '../../../destinations/destination.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { DigestAlgorithm, Digests } from '../../../transfer/digests.ts';
import { sequentialDigests } from '../../../transfer/digests.ts';
import type { DestinationLocator } from '../../../transfer/locators.ts';
import type { Plan } from '../../../transfer/plan/plan.ts';
import { isServerSideCopy } from '../../../transfer/plan/plan.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { tokenOf } from '../../../transfer/record/record.ts';
import type { ObjectSettings, TransferRequest } from '../../../transfer/request.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import { formatBytes } from '../../../values/units.ts';

/**
 * The object as the destination is to make it: the source's description, where the request says nothing else.
 * @param target the request's destination, or the staging place.
 */
export function objectSpec(
  record: TransferRecord,
  planId: string,
  snapshot: Snapshot,
  plan: Plan,
  target: DestinationLocator,
): ObjectSpec {
  const size = plan.sizeBytes ?? snapshot.sizeBytes;
  const { digests } = record.request.options.expect;
  return {
    ...describedBy(snapshot, record.request.object),
    target,
    token: tokenOf(record.id, planId),
    ...(Object.keys(digests).length === 0 ? {} : { digests }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(plan.mode === 'single' ? {} : { pieceSizeBytes: plan.pieceSizeBytes }),
  };
}

/** What an object has of its source and of its settings, wherever it goes and however it is cut. */
export function describedBy(
  snapshot: Snapshot,
  settings: ObjectSettings,
): Omit<ObjectSpec, 'target' | 'token' | 'digests' | 'sizeBytes' | 'pieceSizeBytes'> {
  const {
    sizeBytes: _,
    ranges: __,
    digests: ___,
    warnings: ____,
    name: _____,
    unprovedEnd: ______,
    ...rest
  } = snapshot;
  const { contentType, ...described } = rest;
  const type = settings.contentType ?? contentType;
  return { ...described, settings, ...(type === undefined ? {} : { contentType: type }) };
}

/**
 * All digests that the object must have: the caller's and the source's own. Of a server-side copy only those
 * of the source that its parts' checksums make: to read everything back for the others, unasked, would bring
 * every byte through us after all.
 * @throws PieceworkError `DigestMismatch` when they contradict each other.
 */
export function wantedDigests(request: TransferRequest, snapshot: Snapshot, plan?: Plan): Digests {
  const given = request.options.expect.digests;
  for (const algorithm of Object.keys(given) as DigestAlgorithm[]) {
    const published = snapshot.digests[algorithm];
    if (published !== undefined && published !== given[algorithm]) {
      throw new PieceworkError(
        'DigestMismatch',
        `${request.source.url} says of itself that its ${algorithm} is ${published}, and ${given[algorithm]} was expected: it is another file, or another version`,
      );
    }
  }
  const { crc32 } = snapshot.digests;
  const copied = crc32 === undefined ? {} : { crc32 };
  const published = isServerSideCopy(plan) ? copied : snapshot.digests;
  return { ...published, ...given };
}

/** Whether the bytes must be read back from a staging object before the real one appears (protocol §5). */
export function needsStaging(digests: Digests, { proof }: Destination, plan: Plan): boolean {
  return plan.mode === 'pieces' && proof.kind === 'staging' && sequentialDigests(digests).length > 0;
}

/** Holds the snapshot against what the caller knows. @throws PieceworkError `UnexpectedSize`, `UnexpectedType`. */
export function checkExpectations(request: TransferRequest, snapshot: Snapshot): void {
  const { sizeBytes, contentType } = request.options.expect;
  if (sizeBytes !== undefined && snapshot.sizeBytes !== undefined && snapshot.sizeBytes !== sizeBytes) {
    throw unexpectedSize(request.source.url, snapshot.sizeBytes, sizeBytes, snapshot.contentType);
  }
  if (contentType !== undefined && !matchesType(snapshot.contentType, contentType)) {
    throw new PieceworkError(
      'UnexpectedType',
      `${request.source.url} is ${snapshot.contentType ?? 'of no stated type'}, and ${contentType} was expected: often an error or log-in page in place of the file`,
    );
  }
}

export function pageInstead(url: string, typeBefore: string | undefined, typeNow: string | undefined): PieceworkError {
  return new PieceworkError(
    'UnexpectedType',
    `${url} was ${typeBefore ?? 'of no stated type'}, and is ${typeNow ?? 'of no stated type'} now: often an error or log-in page in place of the file; if that is what you want, start a new transfer (--restart)`,
  );
}

export function unexpectedSize(url: string, got: number, expected: number, contentType?: string): PieceworkError {
  const page =
    contentType?.startsWith('text/html') === true ? ' (it is an HTML page: perhaps an error or log-in page)' : '';
  return new PieceworkError(
    'UnexpectedSize',
    `${url} has ${got} bytes (${formatBytes(got)}), and ${expected} were expected${page}`,
  );
}

function matchesType(got: string | undefined, expected: string): boolean {
  const type = got?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const wanted = expected.trim().toLowerCase();
  return wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

/**
 * @throws PieceworkError `DigestMismatch` with the first digest that is not as expected.
 * Returns those that were proved.
 */
export function proveDigests(url: string, expected: Digests, got: Digests): Digests {
  const proved: Partial<Record<DigestAlgorithm, string>> = {};
  for (const algorithm of Object.keys(expected) as DigestAlgorithm[]) {
    const value = got[algorithm];
    if (value === undefined) continue;
    if (value !== expected[algorithm]) {
      throw new PieceworkError(
        'DigestMismatch',
        `the bytes of ${url} have ${algorithm} ${value}, and ${expected[algorithm]} was expected; nothing was stored`,
      );
    }
    proved[algorithm] = value;
  }
  return proved;
}
