import { describe, expect, it } from 'vitest';
import { ApiError, httpStatusOf, toProblem } from '../../lib/api/answers/problem.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { ERROR_CODES } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe('errors as HTTP answers', () => {
  it.each(CODES)('%s has a status of an error, and a document that RFC 9457 knows', (code) => {
    const problem = toProblem(new PieceworkError(code, 'what happened, and what to do'), '/v1/transfers');
    expect(problem.status).toBe(httpStatusOf(code));
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.status).toBeLessThan(600);
    expect(URL.canParse(problem.type)).toBe(true);
    expect(problem).toMatchObject({
      code,
      instance: '/v1/transfers',
      title: expect.stringMatching(/^[A-Z][a-z0-9 ]+$/i),
    });
  });

  it.each<[number, readonly ErrorCode[]]>([
    [400, ['InvalidUrl', 'InvalidOption', 'UnsupportedScheme']],
    [403, ['NotAuthorized']],
    [404, ['TransferNotFound', 'RouteNotFound']],
    [409, ['Conflict', 'TransferEnded', 'TransferRunning', 'DestinationExists']],
    [413, ['RequestTooLarge']],
    [
      422,
      [
        'InvalidDestination',
        'GuardRefused',
        'SecretMissing',
        'PieceSizeOutOfLimits',
        'DestinationTooSmall',
        'ServerSideCopyRefused',
        'SourceNeeded',
      ],
    ],
    [429, ['ApiBusy', 'QuotaExceeded']],
    [500, ['Internal', 'RecordCorrupt', 'HomeRefused', 'InvalidConfig']],
    [502, ['DestinationDenied', 'SourceReset', 'ChecksumMismatch']],
    [503, ['HomeUnavailable', 'Interrupted', 'DestinationBusy', 'ApiUnreachable']],
  ])('%d stands for %j', (status, codes) => {
    expect(codes.map(httpStatusOf)).toEqual(codes.map(() => status));
  });

  it('carries fields and allowed destinations, and no words of a failure of ours', () => {
    const error = new ApiError('InvalidDestination', 'not there', {
      allowed: ['s3://a/'],
      errors: [{ pointer: '#/x', detail: 'wrong' }],
    });
    expect(toProblem(error, '/')).toMatchObject({
      detail: 'not there',
      allowed: ['s3://a/'],
      errors: [{ pointer: '#/x', detail: 'wrong' }],
    });
    expect(toProblem(new PieceworkError('Internal', 'stack of secrets'), '/').detail).not.toContain('secrets');
  });
});
