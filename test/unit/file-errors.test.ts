import { describe, expect, test } from 'vitest';
import { diskError, onDisk } from '../../lib/destinations/file/errors.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { failureOf } from '../support/reading.ts';

function refusal(code: string): Error {
  return Object.assign(new Error(`${code}: refused, write`), { code, syscall: 'write', errno: -1 });
}

describe('what a system refuses', () => {
  test.for([
    ['ENOSPC', 'DestinationFull'],
    ['EDQUOT', 'DestinationFull'],
    ['EFBIG', 'DestinationTooSmall'],
    ['EACCES', 'DestinationNotWritable'],
    ['EPERM', 'DestinationNotWritable'],
    ['EROFS', 'DestinationNotWritable'],
    ['ENOENT', 'DestinationMissing'],
    ['ENOTDIR', 'DestinationMissing'],
    ['EISDIR', 'InvalidDestination'],
    ['ENAMETOOLONG', 'InvalidDestination'],
    ['ELOOP', 'InvalidDestination'],
    ['EMFILE', 'DestinationRefused'],
    ['EIO', 'DestinationRefused'],
    ['EWHATEVER', 'DestinationRefused'],
  ] as const)('%s is %s, in a sentence that names the file', async ([errno, code]) => {
    const cause = refusal(errno);
    const error = await failureOf(
      onDisk('/folder/file.bin', () => Promise.reject(cause)),
      code,
    );
    expect(error.message).toContain('/folder/file.bin');
    expect(error.cause).toMatchObject({ name: 'Error', code: errno, message: cause.message });
    expect(error.details).toMatchObject({ target: '/folder/file.bin', errno });
  });

  test('is not what anything else throws', () => {
    const own = new PieceworkError('UploadLost', 'gone');
    const defect = new TypeError('a defect');
    expect(diskError(own, '/f')).toBe(own);
    expect(diskError(defect, '/f')).toBe(defect);
    expect(diskError('a string', '/f')).toBe('a string');
  });
});
