import { expect, test } from 'vitest';
import { HAND_OVER_SECONDS, MOST_RECEIVES, TIME_OUTS_OF_A_DELIVERY, USUAL_WORKERS } from '../../lib/aws/names.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { attemptOf } from '../../lib/transfer/record/record.ts';
import { dead, NOW, transferring } from '../support/a-transfer.ts';
import { decided } from '../support/decisions.ts';

/*
 * A fleet of an account that has no room left: SQS hands a piece over again and again, and no function begins. By what
 * AWS says of event sources, Lambda tries a message until its visibility time-out is over, and leaves it then:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */

const { pieceTimeoutSeconds } = USUAL_WORKERS;
const MINUTE_S = 60;

/** What became of a transfer by one piece whose message was not let through for so many seconds. */
function starved(throttledSeconds: number, timeOuts: number): { readonly status: string; readonly failures: number } {
  const delivery = timeOuts * pieceTimeoutSeconds + HAND_OVER_SECONDS;
  let record: TransferRecord = transferring({ cursor: 10 });
  let now = 0;
  while (record.status === 'transferring') {
    // As it was sent, or sent again: so many deliveries, each as long as Lambda tries it.
    for (let receives = 0; receives < MOST_RECEIVES; receives += 1) {
      now += delivery;
      // In this one a function begins, and brings it.
      if (now >= throttledSeconds) return { status: record.status, failures: record.trouble['1']?.failures ?? 0 };
    }
    ({ record } = decided(record, {}, [dead(1, attemptOf(record, 1))], NOW + now * 1000));
  }
  return { status: record.status, failures: record.trouble['1']?.failures ?? 0 };
}

test('an account without room for three quarters of an hour is no failure of a piece, and for three hours of no transfer', () => {
  expect(starved(45 * MINUTE_S, TIME_OUTS_OF_A_DELIVERY)).toEqual({ status: 'transferring', failures: 0 });
  expect(starved(180 * MINUTE_S, TIME_OUTS_OF_A_DELIVERY).status).toBe('transferring');
});

test('with deliveries as long as the function, it would be: why they are longer', () => {
  expect(starved(45 * MINUTE_S, 1).failures).toBeGreaterThan(0);
  expect(starved(180 * MINUTE_S, 1).status).toBe('failed');
});
