import { expect, test } from 'vitest';
import { formatDollars } from '../../cli/output/cost.ts';
import { run } from '../../cli/run.ts';
import type { OtherHome, PlanForReport } from '../../lib/index.ts';
import { testContext } from '../support/cli-context.ts';
import { lastLine } from '../support/cli-local.ts';

const MIB = 1024 ** 2;
const plan = { mode: 'pieces', sizeBytes: 102_400 * MIB, pieceSizeBytes: 16 * MIB, pieceCount: 6400 } as const;
const report: PlanForReport = {
  source: 'https://h/f?sig=***',
  finalUrl: 'https://h/f?sig=***',
  destination: { kind: 's3', bucket: 'bucket', key: 'f' },
  snapshot: { sizeBytes: plan.sizeBytes, ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] },
  plan,
  warnings: [],
  bytesPerSecond: 8 * MIB,
};

function planning(changes: Partial<PlanForReport> = {}) {
  const asked: OtherHome[] = [];
  const context = testContext({
    local: () => ({
      planFor: async (other) => {
        asked.push(other);
        return { ...report, ...changes };
      },
    }),
  });
  return { context, asked };
}

const of = ['https://h/f?sig=1', 's3://bucket/f'];

test('a plan for AWS says how long it takes and what it costs, and what is not counted', async () => {
  const { context, asked } = planning();
  expect(await run(['plan', '--on-aws', ...of], context)).toBe(0);
  expect(context.stdout.text).toMatch(/^plan: +100 GiB in 6400 pieces of 16 MiB$/m);
  expect(context.stdout.text).toMatch(/^takes: +about \d+m\d*s?$/m);
  expect(context.stdout.text).toMatch(/^by: +8 connections at 8 MiB\/s each$/m);
  expect(context.stdout.text).toMatch(
    /^costs: +about \$0\.\d\d, \$\d\.\d\d per TiB \(list prices of us-east-1, [\d-]+\)$/m,
  );
  expect(context.stdout.text).toMatch(/^not counted: .*NAT gateway; bytes that leave the Region$/m);
  expect(context.stdout.text).not.toContain('Lambda');
  // As the functions divide it.
  expect(asked).toMatchObject([{ policy: { preferredPieceBytes: 16 * MIB, pieceTimeMs: 60_000 } }]);
});

test('with --verbose and as JSON it has every item', async () => {
  const { context } = planning();
  await run(['plan', '--on-aws', '-v', '--nat', '--egress', 'internet', ...of], context);
  expect(context.stdout.text).toMatch(/egress: +\$9\.00 for 100 GiB\n +NAT gateway: +\$4\.50 for 100 GiB\n/);
  expect(context.stdout.text).toMatch(/S3 writes: +\$0\.0\d for [\d,]+ requests\n/);
  expect(context.stdout.text).toMatch(/API: +\$0\.0000035 for 1 request\n/);
  const json = planning().context;
  await run(['plan', '--on-aws', '--json', ...of], json);
  expect(lastLine(json.stdout.text)).toMatchObject({
    type: 'result',
    destination: 's3://bucket/f',
    plan,
    places: 8,
    bytesPerSecond: 8 * MIB,
    usage: { s3Writes: expect.any(Number), gbSeconds: expect.any(Number), bytes: plan.sizeBytes },
    cost: { dollars: expect.any(Number), prices: { region: 'us-east-1' } },
  });
});

test('a rate that is given counts in place of what was measured, and one that is neither is said to be assumed', async () => {
  const given = planning();
  await run(['plan', '--on-aws', '--rate', '1MiB', ...of], given.context);
  expect(given.context.stdout.text).toMatch(/^by: +8 connections at 1 MiB\/s each$/m);
  expect(given.asked).toMatchObject([{ bytesPerSecond: MIB }]);
  const { bytesPerSecond: _, ...unmeasured } = report;
  const assumed = testContext({ local: () => ({ planFor: async () => unmeasured }) });
  await run(['plan', '--on-aws', ...of], assumed);
  expect(assumed.stdout.text).toMatch(/each, which is assumed: --rate gives another$/m);
});

test.each([
  [['--nat'], /--nat is for what a deployment costs: name one with --stack NAME or --api URL, or give --on-aws/],
  [['--on-aws', '--egress', 'moon'], /--egress: "moon" is neither region .* nor internet/],
  [['--on-aws', '--rate', 'fast'], /--rate: "fast" is not a speed such as 10MiB/],
])('%j is refused in a sentence', async (flags, sentence) => {
  const { context } = planning();
  expect(await run(['plan', ...flags, ...of], context)).toBe(2);
  expect(context.stderr.text).toMatch(sentence);
});

test('a deployment writes into buckets only', async () => {
  const { context } = planning({ destination: { kind: 'file', path: '/data/f' } });
  expect(await run(['plan', '--on-aws', 'https://h/f', '/data/'], context)).not.toBe(0);
  expect(context.stderr.text).toContain('a deployment writes into buckets');
});

test.each([
  [0, '$0.00'],
  [0.0000035, '$0.0000035'],
  [0.00532, '$0.0053'],
  [0.096, '$0.10'],
  [0.999, '$1.00'],
  [13.616, '$13.62'],
])('%d dollars are written %s', (dollars, text) => {
  expect(formatDollars(dollars)).toBe(text);
});
