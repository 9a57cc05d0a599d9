import { xmlProblem } from './xml.ts';

/** Of an answer that is not the object: an error, a receipt, a list. A list of 1,000 parts has less than half of it. */
export const MOST_ANSWER_BYTES = 1024 * 1024;

/** Of a success: the SDK's way to say the status goes with it. */
class BadAnswer extends Error {
  readonly $metadata = { httpStatusCode: 200 };
}

class LateAnswer extends Error {
  override readonly name = 'TimeoutError';
}

function bad(name: string, message: string): BadAnswer {
  return Object.assign(new BadAnswer(message), { name });
}

export function tooLong(): Error {
  return bad('AnswerTooLong', `the store's answer has more than ${MOST_ANSWER_BYTES} bytes`);
}

export function late(what: string, ms: number): Error {
  return new LateAnswer(`the store did not send ${what} within ${ms} ms`);
}

/** Of a connection on which nothing moves. */
export function still(ms: number): Error {
  return new LateAnswer(`the store did not move within ${ms} ms`);
}

export function isLate(reason: unknown): boolean {
  return reason instanceof LateAnswer;
}

/** @throws an error named `AnswerMalformed` for what is no XML of S3. */
export function checkText(bytes: Buffer): void {
  const problem = bytes.length === 0 ? undefined : xmlProblem(bytes.toString('latin1'));
  if (problem !== undefined) throw bad('AnswerMalformed', `the store's answer has ${problem}`);
}

/** Of an error, status and headers say what happened: what is wrong with its body is no failure of its own. */
export function isForgiven(status: number, error: unknown): boolean {
  return status >= 300 && (error instanceof BadAnswer || isLate(error));
}
