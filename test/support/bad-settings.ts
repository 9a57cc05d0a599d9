import type { ObjectSettings } from '../../lib/transfer/request.ts';

/** Settings that no header carries, and where what is wrong with them stands. Each home refuses each. */
export const BAD_SETTINGS: readonly (readonly [name: string, settings: ObjectSettings, path: readonly string[]])[] = [
  ['an ACL with a line break', { acl: 'private\r\nx-evil: 1' }, ['acl']],
  ['an ACL beyond ASCII', { acl: 'privé' }, ['acl']],
  ['an ACL with a space', { acl: 'bucket owner' }, ['acl']],
  ['a storage class with a line break', { storageClass: 'STAND\nARD' }, ['storageClass']],
  ['a storage class beyond ASCII', { storageClass: 'КОЛД' }, ['storageClass']],
  ['a KMS key with a line break', { encryption: { kind: 'kms', keyId: 'key\r\nx: y' } }, ['encryption', 'keyId']],
  ['a KMS key with an escape', { encryption: { kind: 'kms', keyId: 'key\u001b[2J' } }, ['encryption', 'keyId']],
  ['a type beyond ASCII', { contentType: 'text/plain; a="ü"' }, ['contentType']],
  ['metadata with a line break', { metadata: { note: 'a\r\nx-amz-acl: public-read' } }, ['metadata', 'note']],
  ['metadata beyond ASCII', { metadata: { note: 'ü' } }, ['metadata', 'note']],
  ['metadata under a name that is none', { metadata: { 'a b': 'x' } }, ['metadata', 'a b']],
  ['metadata under a kept name', { metadata: { 'Piecework-Token': 'x' } }, ['metadata', 'Piecework-Token']],
  ['metadata under one name twice', { metadata: { Note: 'x', note: 'y' } }, ['metadata', 'note']],
  ['a tag with a line break', { tags: { team: 'a\nb' } }, ['tags', 'team']],
  ['a tag that is no Unicode', { tags: { team: '\ud800' } }, ['tags', 'team']],
  ['a tag under a kept name', { tags: { 'aws:team': 'x' } }, ['tags', 'aws:team']],
  [
    'more than headers have room for',
    { tags: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`t${n}`, '日'.repeat(100)])) },
    [],
  ],
];

/** The same as flags of the command line, and the flag that a refusal names. */
export function flagsOf(settings: ObjectSettings): readonly [flags: readonly string[], flag: string] {
  const { contentType, storageClass, encryption, acl, tags = {}, metadata = {} } = settings;
  const given = {
    '--content-type': contentType,
    '--storage-class': storageClass,
    '--sse-kms-key-id': encryption?.kind === 'kms' ? encryption.keyId : undefined,
    '--acl': acl,
  };
  const flags = [
    ...Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [[flag, value]])),
    ...Object.entries(tags).map(([name, value]) => ['--tag', `${name}=${value}`]),
    ...Object.entries(metadata).map(([name, value]) => ['--metadata', `${name}=${value}`]),
  ];
  return [flags.flat(), flags[0]?.[0] ?? ''];
}
