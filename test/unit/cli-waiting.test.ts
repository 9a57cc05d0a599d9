import { expect, it } from 'vitest';
import { statusLines, transferRow } from '../../cli/output/transfers.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW, transferring } from '../support/a-transfer.ts';

const reason = { code: 'SourceRefused', message: 'https://origin.example/file: refused' } as const;
const waiting = { reason, since: toIso(NOW), nextTryAt: toIso(NOW + 12_000), tries: 4 };
const record = transferring({ status: 'planning', waiting });
const space = { columns: 80, glyphs: { done: '#', inFlight: '>', troubled: '!', missing: '.' } } as never;

it('says of a transfer of this machine why it waits', () => {
  const running = { record, isRunning: true };
  expect(statusLines(running, space, NOW)).toContainEqual(
    expect.stringMatching(/^waits: .*refused \(SourceRefused\); 4 tries since .*, again in 12s; check host and port/),
  );
  expect(transferRow(running, NOW).state).toContain('planning (SourceRefused, again in 12s)');
  expect(transferRow(running, NOW + 12_000).state).toContain('planning (SourceRefused, trying now)');
});

it('says nothing of one that no process works on', () => {
  const stopped = { record, isRunning: false };
  expect(statusLines(stopped, space, NOW).some((line) => line.startsWith('waits'))).toBe(false);
  expect(transferRow(stopped, NOW).state).toBe('interrupted');
});
