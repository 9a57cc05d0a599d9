import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { serviceFailure } from '../../lib/errors/foreign.ts';
import { serviceError } from '../../lib/errors/service.ts';

const CALL = { target: 'the queue q', right: 'sqs:SendMessage' };

/** As the SDK throws what a service answered. */
function answered(name: string, status: number): Error {
  return Object.assign(new Error('hunter2'), { name, $metadata: { httpStatusCode: status } });
}

describe('a call of a service that failed', () => {
  it.each([
    [answered('ThrottlingException', 400)],
    [answered('RequestThrottled', 403)],
    [answered('KMSThrottlingException', 400)],
    [answered('SlowDown', 503)],
    [answered('InternalFailure', 500)],
    [answered('Anything', 502)],
    [answered('TooManyRequestsException', 429)],
    [answered('RequestTimeout', 400)],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    [Object.assign(new Error('x'), { code: 'ENOTFOUND' })],
    [Object.assign(new Error('x'), { code: 'EAI_AGAIN' })],
    [Object.assign(new Error('x'), { name: 'TimeoutError' })],
    [Object.assign(new Error('x'), { code: 'EPIPE' })],
  ])('may pass: %s', (error) => {
    const known = serviceError(error, CALL);
    expect(known).toMatchObject({ code: 'HomeUnavailable', reaction: 'retry' });
    expect(serviceFailure(known.cause)).toEqual(serviceFailure(error));
  });

  it.each([
    [answered('AccessDenied', 403), 'sqs:SendMessage'],
    [answered('AccessDeniedException', 400), 'sqs:SendMessage'],
    [answered('com.amazonaws.sqs#QueueDoesNotExist', 400), 'QueueDoesNotExist'],
    [answered('NoSuchBucket', 404), 'NoSuchBucket'],
    [answered('KMS.DisabledException', 400), 'key'],
    [answered('ExpiredToken', 400), 'access denied'],
    [answered('ValidationException', 400), 'ValidationException'],
    [Object.assign(new Error('x'), { name: 'CredentialsProviderError' }), 'credentials'],
  ])('won’t: %s', (error, said) => {
    const known = serviceError(error, CALL);
    expect(known).toMatchObject({ code: 'HomeRefused', reaction: 'fail' });
    expect(known.message).toContain(said);
    expect(known.message).toContain('the queue q');
  });

  it('repeats nothing of what the service said', () => {
    const { message, details, cause } = serviceError(answered('AccessDenied', 403), CALL);
    expect(JSON.stringify([message, details, String(cause)])).not.toContain('hunter2');
  });

  it('that is a defect of ours stays one, and an error of ours stays as it is', () => {
    expect(serviceError(new TypeError('x is not a function'), CALL).code).toBe('Internal');
    const own = new PieceworkError('GuardRefused', 'no');
    expect(serviceError(own, CALL)).toBe(own);
  });
});
