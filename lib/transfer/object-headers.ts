import type { ObjectSettings } from './request.ts';

/*
 * What of an object's settings becomes headers of a request to its store, and so may hold no line break and nothing
 * beyond ASCII, and has to fit with all others into what a store takes. One rule for the command line, the API and the
 * destination.
 */

/** A setting that no header can carry, without its value. */
export interface HeaderProblem {
  /** Where it stands in the settings, as `['metadata', 'colour']`. Names are the caller's, and may be anything. */
  readonly path: readonly string[];
  /** The second half of a sentence that begins with the setting. */
  readonly detail: string;
}

/**
 * Names and values of the caller's metadata. S3 takes 2,048 bytes of both; the other half holds our own entries.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export const MOST_METADATA_BYTES = 1024;

/** Of the entries by which we know our own objects. */
export const MOST_OWN_METADATA_BYTES = 1024;

/**
 * Of all headers that the settings become. S3 takes 8,192 bytes of headers (same page); the other half holds our own
 * metadata, what the source says of its bytes, the signature and the token of a session.
 */
export const MOST_SETTINGS_BYTES = 4096;

/** Of what the source says of its bytes (type, coding, language, caching, disposition), together. */
export const MOST_CARRIED_BYTES = 1536;

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
const MOST_TAGS = 10;
const MOST_TAG_NAME = 128;
const MOST_TAG_VALUE = 256;

/** A header's name and line, without the value: `x-amz-meta-` or the like, colon, space, CR LF. */
const FRAME_BYTES = 15;

const MOST_SHOWN = 40;

const BEYOND_ASCII = 'has characters beyond printable ASCII, which no header carries';

/** Everything that is wrong, in the order of the settings; empty = all of it can be sent. */
export function headerProblems(settings: ObjectSettings): readonly HeaderProblem[] {
  const problems = [
    ...typeProblems(settings.contentType),
    ...wordProblems(['storageClass'], settings.storageClass),
    ...wordProblems(['encryption', 'keyId'], keyOf(settings)),
    ...wordProblems(['acl'], settings.acl),
    ...tagProblems(settings.tags ?? {}),
    ...metadataProblems(settings.metadata ?? {}),
  ];
  return problems.length > 0 ? problems : lengthProblems(settings);
}

function keyOf({ encryption }: ObjectSettings): string | undefined {
  return encryption?.kind === 'kms' ? encryption.keyId : undefined;
}

function typeProblems(value: string | undefined): readonly HeaderProblem[] {
  if (value === undefined || /^[\x20-\x7e]*$/.test(value)) return [];
  return [{ path: ['contentType'], detail: BEYOND_ASCII }];
}

/** One word. A store trims spaces at the ends, and none of these has one in between. */
function wordProblems(path: readonly string[], value: string | undefined): readonly HeaderProblem[] {
  if (value === undefined || /^[\x21-\x7e]+$/.test(value)) return [];
  const detail = value === '' ? 'is empty' : /^[\x20-\x7e]+$/.test(value) ? 'has a space in it' : BEYOND_ASCII;
  return [{ path, detail }];
}

/** Tags are percent-encoded, so that any letter may stand in them. */
function tagProblems(tags: Readonly<Record<string, string>>): readonly HeaderProblem[] {
  const entries = Object.entries(tags);
  if (entries.length > MOST_TAGS)
    return [{ path: ['tags'], detail: `has ${entries.length} entries, and an object takes ${MOST_TAGS}` }];
  return entries.flatMap(([name, value]) => {
    const detail = tagProblem(name, value);
    return detail === undefined ? [] : [{ path: ['tags', name], detail }];
  });
}

function tagProblem(name: string, value: string): string | undefined {
  if (name === '') return 'has no name';
  if (name.length > MOST_TAG_NAME || value.length > MOST_TAG_VALUE)
    return `is too long (a name has 1 to ${MOST_TAG_NAME} characters, a value up to ${MOST_TAG_VALUE})`;
  if (!name.isWellFormed() || !value.isWellFormed()) return 'is not valid Unicode';
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name + value)) return 'has a line break or a control character in it';
  return /^aws:/i.test(name) ? 'has a name that begins with aws:, which is kept for AWS' : undefined;
}

function metadataProblems(metadata: Readonly<Record<string, string>>): readonly HeaderProblem[] {
  const entries = Object.entries(metadata);
  const problems: HeaderProblem[] = [];
  const names = new Set<string>();
  for (const [name, value] of entries) {
    const detail = metadataProblem(name, value) ?? (names.has(name.toLowerCase()) ? SAME_NAME : undefined);
    names.add(name.toLowerCase());
    if (detail !== undefined) problems.push({ path: ['metadata', name], detail });
  }
  const bytes = metadataBytes(metadata);
  if (problems.length === 0 && bytes > MOST_METADATA_BYTES)
    return [
      {
        path: ['metadata'],
        detail: `has ${bytes} bytes of names and values; ${MOST_METADATA_BYTES} fit beside Piecework's own`,
      },
    ];
  return problems;
}

const SAME_NAME = 'is there twice: a header has no capital letters';

function metadataProblem(name: string, value: string): string | undefined {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/i.test(name))
    return 'can\'t be the name of metadata: letters, digits, "-" and "_" can';
  if (/^piecework-/i.test(name)) return 'has a name that begins with piecework-, which is kept for Piecework itself';
  return /^[\x20-\x7e]*$/.test(value) ? undefined : `${BEYOND_ASCII}; encode it`;
}

/** What S3 counts: the bytes of names and values in UTF-8. */
export function metadataBytes(metadata: Readonly<Record<string, string>>): number {
  return Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

function lengthProblems(settings: ObjectSettings): readonly HeaderProblem[] {
  const { tags = {}, metadata = {} } = settings;
  const words = [settings.contentType, settings.storageClass, keyOf(settings), settings.acl, taggingHeader(tags)];
  const lines = words.filter((value) => value !== undefined && value !== '').length + Object.keys(metadata).length;
  const bytes = words.reduce((sum, value) => sum + (value?.length ?? 0), metadataBytes(metadata)) + lines * FRAME_BYTES;
  if (bytes <= MOST_SETTINGS_BYTES) return [];
  const detail = `together they become ${bytes} bytes of headers (tags are percent-encoded), and ${MOST_SETTINGS_BYTES} fit beside Piecework's own`;
  return [{ path: [], detail }];
}

/** What the settings are called where they are given. */
export type SettingNames = Readonly<Record<keyof ObjectSettings, string>>;

export function headerSentence({ path: [setting, name], detail }: HeaderProblem, names: SettingNames): string {
  if (setting === undefined) return `${Object.values(names).join(', ')}: ${detail}`;
  const called = names[setting as keyof ObjectSettings];
  const isNamed = (setting === 'tags' || setting === 'metadata') && name !== undefined;
  return isNamed ? `${called} "${name.slice(0, MOST_SHOWN)}": ${detail}` : `${called}: ${detail}`;
}

/** Tags as the one header that they are sent in. */
export function taggingHeader(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}
