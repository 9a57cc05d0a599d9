import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../../lib/errors/codes.ts';
import type { Resource } from '../../support/origin-resource.ts';
import { patternBytes } from '../../support/pattern.ts';

/** Causes that are planned, in turn, for entries that fail for good. */
export const CAUSES = [
  'SourceNotFound',
  'SourceGone',
  'DigestMismatch',
  'UnexpectedSize',
  'UnexpectedType',
] as const satisfies readonly ErrorCode[];
export type Cause = (typeof CAUSES)[number];

export interface BatchPlan {
  readonly small: number;
  readonly large: number;
  /** One of so many fails. */
  readonly failsEvery: number;
  /** One of so many is appended to by its server, once it was asked for. */
  readonly growsEvery: number;
}

export interface PlannedFile {
  /** Its number in the list. */
  readonly number: number;
  readonly name: string;
  readonly isLarge: boolean;
  readonly cause?: Cause;
  readonly grows: boolean;
}

const MIB = 1024 ** 2;
const PATTERNS = 16;

/** Large ones stand all over the list. */
export function plannedFiles({ small, large, failsEvery, growsEvery }: BatchPlan): readonly PlannedFile[] {
  const count = small + large;
  const largeEvery = Math.floor(count / Math.max(1, large));
  let failing = 0;
  return Array.from({ length: count }, (_, index): PlannedFile => {
    const isLarge = large > 0 && index % largeEvery === 0 && index / largeEvery < large;
    const cause = index % failsEvery === 7 ? CAUSES[failing++ % CAUSES.length] : undefined;
    const grows = cause === undefined && (index % growsEvery === 3 || (isLarge && index === largeEvery));
    const name = `d${Math.floor(index / 1000)}/${String(index).padStart(5, '0')}.bin`;
    return { number: index + 1, name, isLarge, grows, ...(cause === undefined ? {} : { cause }) };
  });
}

function sizeOf({ number, isLarge }: PlannedFile): number {
  return isLarge ? 9 * MIB + number : 50 + ((number * 37) % 4000);
}

/** All its bytes; what is appended stands behind them. */
export function bytesOf(file: PlannedFile, version: 1 | 2): Buffer {
  const sizeBytes = sizeOf(file);
  const first = file.isLarge
    ? patternBytes(0, sizeBytes, file.number % PATTERNS)
    : Buffer.alloc(sizeBytes, `${file.number} `);
  return version === 1 ? first : Buffer.concat([first, Buffer.alloc(70, `appended to ${file.number} `)]);
}

/** As a list says it: URL, name, size and digest; of files that grow nothing but where they are. */
export function rowOf(file: PlannedFile, base: string): string {
  const { number, name, grows } = file;
  if (grows) return `${base}/${number},${name},,`;
  const bytes = bytesOf(file, 1);
  return `${base}/${number},${name},${bytes.length},${createHash('sha256').update(bytes).digest('hex')}`;
}

/** What its server has, in the state in which it is. */
export function resourceOf(file: PlannedFile, version: 1 | 2): Resource {
  return {
    bytes: bytesOf(file, version),
    etag: `"${file.number}-${version}"`,
    lastModified: `Tue, 03 Nov 2026 10:00:0${version} GMT`,
  };
}

/** What comes in its place; `undefined`: a status alone. */
export function wrongResource(file: PlannedFile, cause: Cause): Resource | { readonly status: number } {
  const right = bytesOf(file, 1);
  switch (cause) {
    case 'SourceNotFound':
      return { status: 404 };
    case 'SourceGone':
      return { status: 410 };
    case 'DigestMismatch':
      return { ...resourceOf(file, 1), bytes: Buffer.from(right).fill('?', 0, 1) };
    case 'UnexpectedSize':
      return { ...resourceOf(file, 1), bytes: Buffer.concat([right, right]) };
    case 'UnexpectedType':
      return { ...resourceOf(file, 1), headers: { 'content-type': 'text/html' } };
  }
}
