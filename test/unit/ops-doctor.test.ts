import { describe, expect, test } from 'vitest';
import type { Stage } from '../../lib/aws/names.ts';
import { examine } from '../../lib/aws/ops/doctor/examine.ts';
import type { DeploymentSeen, FunctionSeen, Seen, SubnetSeen } from '../../lib/aws/ops/doctor/seen.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { NOW, transferring } from '../support/a-transfer.ts';
import { alarmSeen, healthy } from '../support/deployment-seen.ts';

const DAY = 86_400_000;

/** All that is not as it should be, as `state check: what`. */
function wrong(over: Partial<DeploymentSeen>): readonly string[] {
  return examine(healthy(over)).flatMap(({ state, check, what }) =>
    state === 'ok' ? [] : [`${state} ${check}: ${what}`],
  );
}

const withFunction = (stage: Stage, change: Partial<FunctionSeen>) => ({
  functions: {
    ...healthy().functions,
    [stage]: { value: { ...(healthy().functions[stage] as { value: FunctionSeen }).value, ...change } },
  },
});
const source = (change: object) => ({
  eventSources: {
    value: [{ id: 'x', queue: 'plans', state: 'Enabled', maxConcurrency: 10, lastResult: 'OK', ...change }],
  },
});

test('of a deployment in which nothing is wrong every check is ok', () => {
  const findings = examine(healthy());
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(new Set(findings.map(({ check }) => check)).size).toBe(24);
});

test('the notifier is looked at where there is one: its function, its queue, its dead letters', () => {
  const there = healthy({}, true);
  const { depths, functions } = there;
  expect(examine(there).filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(examine(there).map(({ check }) => check)).toEqual(
    expect.arrayContaining(['notifier function', 'notifications queue', 'dead notifications']),
  );
  const notifier = {
    value: { name: 'n', state: 'Active', lastUpdate: 'Successful', version: '1.2.2', reservedConcurrency: 0 },
  };
  const notificationsDead = { value: { waiting: 2, inHand: 0, delayed: 0 } };
  const found = examine({
    ...there,
    functions: { ...functions, notifier },
    depths: { ...depths, notificationsDead },
  });
  expect(found.filter(({ state }) => state !== 'ok').map(({ check }) => check)).toEqual([
    'notifier function',
    'versions',
    'dead notifications',
  ]);
  expect(found.find(({ check }) => check === 'dead notifications')).toMatchObject({
    todo: expect.stringContaining('piecework ops replay --stack Files/Piecework'),
    see: 'notification-dead-letters',
  });
});

describe('what is found', () => {
  const depths = healthy().depths;
  const alarmsThere = healthy().deployment.alarms.map((name) => alarmSeen({ name }));
  const depth = (waiting: number) => ({ value: { waiting, inHand: 0, delayed: 0 } });
  test.each<readonly [string, Partial<DeploymentSeen>, readonly string[]]>([
    [
      'a deploy that failed',
      { deployment: { ...healthy().deployment, stackStatus: 'UPDATE_ROLLBACK_FAILED' } },
      ['broken stack: the last deploy ended as UPDATE_ROLLBACK_FAILED'],
    ],
    [
      'one that was rolled back',
      { deployment: { ...healthy().deployment, stackStatus: 'UPDATE_ROLLBACK_COMPLETE' } },
      ['look stack: the last deploy was rolled back (UPDATE_ROLLBACK_COMPLETE)'],
    ],
    [
      'an event source that a person switched off',
      source({ state: 'Disabled' }),
      ['broken event sources: that of plans is Disabled'],
    ],
    [
      'one that fails',
      source({ lastResult: 'PROBLEM: Function call failed' }),
      ['broken event sources: that of plans: PROBLEM: Function call failed'],
    ],
    ['a schedule that is off', { isScheduled: { value: false } }, ['broken schedule: it is off, so no tick runs']],
    [
      'a deployment that an operator has paused: it is meant',
      {
        ...source({ state: 'Disabled' }),
        isScheduled: { value: false },
        pause: { value: { v: 1, since: '2026-01-01T00:00:00.000Z', because: 'a move' } },
      },
      [
        'look pause: paused since 2026-01-01T00:00:00.000Z: a move',
        'look event sources: that of plans is Disabled',
        'look schedule: it is off, so no tick runs',
      ],
    ],
    [
      'a note of a pause, though all is on',
      { pause: { value: { v: 1, since: '2026-01-01T00:00:00.000Z' } } },
      ['look pause: it is said to be paused since 2026-01-01T00:00:00.000Z, and everything is on'],
    ],
    ['a function that failed', withFunction('fetcher', { state: 'Failed' }), ['broken fetcher function: it is Failed']],
    [
      'one that can not start',
      withFunction('api', { wrongEnvironment: 'X is not set' }),
      ['broken api function: X is not set'],
    ],
    [
      'one that never runs',
      withFunction('planner', { reservedConcurrency: 0 }),
      ['broken planner function: its reserved concurrency is 0, so it never runs'],
    ],
    [
      'functions of several versions',
      withFunction('planner', { version: '1.2.2' }),
      ['broken versions: functions are of several versions: api 1.2.3, planner 1.2.2, fetcher 1.2.3, finalizer 1.2.3'],
    ],
    [
      'another version of this command',
      { version: '2.0.0' },
      ['look versions: the deployment is 1.2.3, and this command 2.0.0'],
    ],
    [
      'a new account',
      { concurrency: { value: 10 } },
      ['look concurrency: functions may ask for 55 at once (5 of them for the API), the account has 10'],
    ],
    [
      'a right that is missing',
      { rights: { value: [{ stage: 'planner', actions: ['s3:PutObject'], resource: 'arn:x', isDenied: true }] } },
      ['broken rights: the planner has no s3:PutObject on arn:x'],
    ],
    [
      'an alarm, and not its group, which says the same',
      {
        alarms: {
          value: [
            alarmSeen({ name: 'no-tick', state: 'ALARM', see: 'no-tick' }),
            alarmSeen({ name: 'finalizer-fails', state: 'ALARM', isGroup: true }),
            alarmSeen({ name: 'other' }),
          ],
        },
      },
      ['broken alarms: no-tick is on'],
    ],
    [
      'no tick, of a deployment that has no metric yet, or never has one',
      {
        alarms: { value: [...alarmsThere, alarmSeen({ name: 'no-tick', state: 'ALARM', see: 'no-tick' })] },
        hasMetrics: { value: false },
      },
      ['look alarms: no-tick is on: no metric of this deployment was made yet, and a stand-in makes none'],
    ],
    [
      'a function that Lambda can not place in its network',
      withFunction('fetcher', { state: 'Failed', reason: 'SubnetOutOfIPAddresses' }),
      ['broken fetcher function: it is Failed (SubnetOutOfIPAddresses)'],
    ],
    [
      'what is not offered where it runs, which is not broken',
      { rights: { unseen: 'not offered here', isAbsent: true } },
      ['absent rights: not offered here'],
    ],
    [
      'an alarm that was deleted',
      { alarms: { value: [alarmSeen({ name: 'no-tick' }), alarmSeen({ name: 'finalizer-fails', isGroup: true })] } },
      ['look alarms: 1 of the 3 alarms of the stack are not there'],
    ],
    [
      'alarms whose actions were switched off by hand',
      {
        alarms: {
          value: [...alarmsThere.slice(1), alarmSeen({ name: 'one', isSilenced: true })],
        },
      },
      ['look alarms: 1 make no calls: their actions are switched off'],
    ],
    [
      'a queue that waits too long',
      {
        depths: { ...depths, plans: depth(1), pieces: depth(7), results: depth(2) },
        ages: { value: { plans: 899, streams: 3599, pieces: 1200, results: 301 } },
      },
      [
        'look pieces queue: 7 wait, 0 in hand, 0 later; the oldest for 20m',
        'look results queue: 2 wait, 0 in hand, 0 later; the oldest for 5m1s',
      ],
    ],
    [
      'one that is empty, whatever the metric still says',
      { ages: { value: { plans: 5000, streams: 5000, pieces: 5000, results: 5000 } } },
      [],
    ],
    [
      'dead letters and parked messages',
      { depths: { ...depths, plansDead: depth(2), parked: depth(1) } },
      ['look dead plans: 2', 'look parked messages: 1'],
    ],
  ])('%s', (_, over, expected) => {
    expect(wrong(over)).toEqual(expected);
  });

  test('with what to do, as it can be typed, and where to read on', () => {
    const found = examine(healthy({ depths: { ...depths, plansDead: depth(2) } })).find(
      ({ state }) => state === 'look',
    );
    expect(found).toMatchObject({
      todo: expect.stringContaining('piecework ops replay --stack Files/Piecework'),
      see: 'plan-dead-letters',
    });
  });
});

describe('the network of functions in a VPC', () => {
  const WELL: SubnetSeen = { id: 'subnet-1', wayOut: 'other', hasS3Route: true, freeAddresses: 250 };
  const network = (subnet: Partial<SubnetSeen>, services: readonly string[] = []) => ({
    network: { value: [{ vpcId: 'vpc-1', services, subnets: [{ ...WELL, ...subnet }] }] },
  });
  test('by a NAT gateway, and to S3 by an endpoint: ok', () => {
    const found = examine(healthy(network({}))).filter(({ check }) => check === 'network');
    expect(found).toMatchObject([{ state: 'ok', what: 'vpc-1: subnet-1 reach sources, S3 and queues' }]);
  });
  test.each<readonly [string, Partial<SubnetSeen>, readonly string[], string]>([
    ['a public subnet', { wayOut: 'internet gateway' }, [], 'broken network: subnet-1 goes out by an internet gateway'],
    ['a NAT gateway that is gone', { wayOut: 'broken' }, [], 'broken network: what the route 0.0.0.0/0 of subnet-1'],
    [
      'no way out at all',
      { wayOut: 'none', hasS3Route: false },
      [],
      'has no way out, and vpc-1 no endpoint for s3, sqs, events',
    ],
    ['one for S3 alone', { wayOut: 'none' }, [], 'has no way out, and vpc-1 no endpoint for sqs, events'],
    [
      'to AWS alone',
      { wayOut: 'none' },
      ['sqs', 'events'],
      'look network: subnet-1 has no way out: only sources in vpc-1',
    ],
    ['to S3 as to all else', { hasS3Route: false }, [], 'look network: subnet-1 reaches S3 as all else, which costs'],
    ['few addresses', { freeAddresses: 3 }, [], 'look network: subnet-1 has 3 free addresses'],
  ])('%s', (_, subnet, services, expected) => {
    const [found = '', ...others] = wrong(network(subnet, services));
    expect(others).toEqual([]);
    expect(found).toContain(expected);
  });
});

test('what the caller may not look at is said, and never counts as well', () => {
  const unseen = { unseen: 'access denied; the role needs it' };
  const none: Partial<DeploymentSeen> = {
    eventSources: unseen,
    isScheduled: unseen,
    pause: unseen,
    ages: unseen,
    concurrency: unseen,
    alarms: unseen,
    records: unseen,
    destinations: unseen,
    rights: unseen,
    network: unseen,
    functions: Object.fromEntries(
      Object.keys(healthy().functions).map((stage) => [stage, unseen]),
    ) as unknown as DeploymentSeen['functions'],
    depths: Object.fromEntries(
      Object.keys(healthy().depths).map((queue) => [queue, unseen]),
    ) as unknown as DeploymentSeen['depths'],
  };
  const findings = examine(healthy(none));
  expect(findings.filter(({ state }) => state === 'ok').map(({ check }) => check)).toEqual(['stack']);
  expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(['ok', 'unseen']));
});

describe('what is open', () => {
  const record = (changes: Partial<TransferRecord>): TransferRecord => ({ ...transferring({}), ...changes });
  const iso = (ms: number) => new Date(ms).toISOString();
  const records = (
    transfers: Readonly<Record<string, TransferRecord | 'unreadable' | undefined>>,
    at = NOW - 3 * DAY,
  ): DeploymentSeen['records'] => ({
    value: {
      transferMarkers: Object.keys(transfers).map((id) => ({ id, run: 1, at })),
      batchMarkers: [],
      transfers: new Map(Object.entries(transfers)),
      isComplete: true,
    },
  });

  test('markers older than a day are named, unless deadline or hold say that they may be', () => {
    const late = record({ deadlineAt: iso(NOW - 2 * DAY) });
    const within = record({ deadlineAt: iso(NOW + DAY) });
    const held = record({ status: 'failed', deadlineAt: iso(NOW - 2 * DAY), heldUntil: iso(NOW) });
    expect(wrong({ records: records({ late, within, held, 'cut-off': undefined }) })).toEqual([
      'look markers: 4, of which 4 are older than a day, and 2 of them past deadline and hold: late, cut-off',
    ]);
    expect(wrong({ records: records({ late }, NOW - DAY / 2) })).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`t${index}`, undefined]));
    expect(wrong({ records: records(many) })[0]).toMatch(/: t0, t1, t2, t3, t4 and 4 more$/);
  });

  test('a record that can not be read, and one of a newer version', () => {
    const newer = { ...record({}), v: 2 } as unknown as TransferRecord;
    expect(wrong({ records: records({ bad: 'unreadable', newer }, NOW) })).toEqual([
      'look records: no records: bad',
      'broken records: of a form that 1.2.3 does not know: newer',
    ]);
  });

  const upload = (uploadId: string, hours: number) => ({
    key: `in/${uploadId}`,
    uploadId,
    initiatedAt: NOW - hours * 3_600_000,
  });
  const place = (uploads: readonly ReturnType<typeof upload>[], days: number | undefined = 15): Seen<never> =>
    ({
      value: [
        { rule: { bucket: 'target', prefix: 'in/' }, abortsAfterDays: { value: days }, uploads: { value: uploads } },
      ],
    }) as never;

  test('uploads that no record names, once they are not young any more', () => {
    const entry = (id: string) => ({ target: { kind: 's3', bucket: 'b', key: 'k' }, id, token: 't' });
    const toAbort = [{ upload: entry('to-abort'), at: iso(NOW) }] as unknown as TransferRecord['toAbort'];
    const one = record({ upload: entry('of-record') as never, toAbort });
    const destinations = place([upload('of-record', 9), upload('to-abort', 9), upload('young', 1), upload('old', 3)]);
    expect(wrong({ records: records({ one }, NOW), destinations })).toEqual([
      'look uploads: s3://target/in/: 1 that no record names, the oldest of in/old since 2026-01-01T09:00:00.000Z',
    ]);
    const [found] = examine(healthy({ destinations })).filter(({ state }) => state === 'look');
    expect(found?.todo).toContain("--bucket target --key 'in/of-record' --upload-id of-record");
  });

  test('where not all records were read, nothing is said of uploads', () => {
    const some = { transferMarkers: [], batchMarkers: [], transfers: new Map(), isComplete: false };
    const findings = wrong({ records: { value: some }, destinations: place([upload('old', 3)]) });
    expect(findings).toEqual([expect.stringMatching(/^unseen uploads: there are too many/)]);
  });

  test('a lifecycle rule that is missing, or may abort what still runs', () => {
    expect(wrong({ destinations: place([], 7) })).toEqual([
      'look lifecycle rule: s3://target/in/: incomplete uploads are aborted after 7 days',
    ]);
    const none = [
      { rule: { bucket: 'target', prefix: '' }, abortsAfterDays: { value: undefined }, uploads: { value: [] } },
    ];
    expect(wrong({ destinations: { value: none } })).toEqual([
      'look lifecycle rule: s3://target/: none aborts incomplete uploads',
    ]);
  });
});
