import { expect, test } from 'vitest';
import { againCommand } from '../../cli/output/batch/again.ts';
import { runningLine, totalLine } from '../../cli/output/batch/lines.ts';
import { Running } from '../../cli/output/batch/running.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';

const PROGRESS = {
  total: 10_000,
  known: 0,
  counters: { ...NO_OUTCOMES, done: 1200, failed: 34, bytes: 123_456_789 },
  movingBytes: 1_000_000,
  elapsedMs: 10_000,
};

test('the line with the totals never wraps, and loses first what can be missed', () => {
  expect(totalLine(PROGRESS)).toBe(
    '1234 of 10000 entries, 34 failed, 119 MiB, 123.4 entries/s, 11.9 MiB/s, 1m12s left',
  );
  expect(totalLine(PROGRESS, 79)).toBe('1234 of 10000 entries, 34 failed, 119 MiB, 11.9 MiB/s, 1m12s left');
  for (let columns = 1; columns < 90; columns += 1)
    expect(totalLine(PROGRESS, columns).length).toBeLessThanOrEqual(columns);
  expect(totalLine({ ...PROGRESS, total: 1234 })).not.toContain('left');
});

test('a name that is too long is cut at its front', () => {
  expect(runningLine('in/a.bin', '12%', 79)).toBe('  in/a.bin  12%');
  const cut = runningLine(`folder/${'x'.repeat(100)}.bin`, '12%, 3 MiB/s', 40);
  expect([cut.length, cut.startsWith('  …x'), cut.endsWith('x.bin  12%, 3 MiB/s')]).toEqual([40, true, true]);
});

test('what is under way: large ones as they are called in the list, and small ones that take long', () => {
  let now = 0;
  const running = new Running(() => now);
  running.batchEvent({ type: 'batch.started', entry: 1, name: 'in/large.bin' });
  running.batchEvent({ type: 'batch.started', entry: 2, name: 'slow.bin' });
  running.event({ type: 'accepted', transferId: 'T', source: 'https://h/x', destination: '/out/in/large.bin' });
  expect(running.lines(4, 79)).toEqual(['  in/large.bin  0 B, 0 B/s']);
  now = 5_000;
  expect(running.lines(4, 79)).toEqual(['  in/large.bin  0 B, 0 B/s', '  slow.bin  5s']);
  expect(running.lines(1, 79).length).toBe(1);
  running.event({ type: 'cancelled', transferId: 'T', run: 1, reason: { code: 'Cancelled', message: '' } });
  running.batchEvent({
    type: 'batch.outcome',
    isKnown: false,
    outcome: { entry: 2, kind: 'done', name: 'slow.bin', source: '' },
  });
  expect(running.lines(4, 79)).toEqual([]);
});

test('the command that tries again is shown as it can be run, and not at all with a secret in it', () => {
  expect(againCommand(['batch', 'my list.txt', 'out', '--per-host', '4'])).toBe(
    "piecework batch 'my list.txt' out --per-host 4",
  );
  expect(againCommand(['batch', 'l', 'out', '-H', '@headers.txt'])).toContain('-H @headers.txt');
  for (const secret of [
    ['batch', 'https://h/list?sig=abc', 'out'],
    ['batch', 'l', 'out', '--bearer', 'abc'],
    ['batch', 'l', 'out', '--header=a: b'],
    ['batch', '-', 'out'],
  ])
    expect(againCommand(secret)).toBeUndefined();
});

test.each([
  [['batch', 'l', 'out', '-HAuthorization: Bearer S']],
  [['batch', 'l', 'out', '-uada:S']],
  [['batch', 'l', 'out', '-u', 'ada:S']],
  [['batch', 'l', 'out', '-quada:S']],
  [['batch', 'l', 'out', '-qH', 'A: S']],
  [['batch', '--header=A: S', '@urls', 'out/']],
  [['batch', 'l', 'out', '--bearer=S']],
  [['batch', 'l', 'out', '--base=https://h/?token=S']],
  [['batch', 'l', 'out', '--base', 'https://ada:S@h/']],
  [['batch', '--input-file=https://h/list?sig=S', 'out']],
  [['batch', 'l', 'out', '--url', '{id}?sig=S']],
  [['batch', 'l', 'out', '--url=//ada:S@h/{id}']],
  [['batch', 'l', 'out', '--checksums-from', '{url}.sha256?sig=S']],
  [['copy', 'https:h/a?sig=S', 'https://h/b', 'out/']],
  [['batch', '--urls=-', 'out']],
  [['batch', '--urls', '-', 'out']],
  [['batch', '--input-file=-', 'out']],
  [['batch', '/dev/fd/63', 'out']],
])('nothing of %j is shown', (args) => {
  expect(againCommand(args)).toBeUndefined();
});

test.each([
  [['batch', 'l', 'out', '-H@headers.txt']],
  [['batch', 'l', 'out', '--header=@headers.txt', '-qu', '@user.txt']],
  [['batch', 'l', 'out', '-A', 'name', '-i/home/user/key']],
  [['batch', 'l', 's3://bucket/in/', '--url=https://h/{id}', '--base', 'https://h/x/']],
])('%j can be run again as it is', (args) => {
  expect(againCommand(args)).toContain('piecework batch');
});
