import { expect, it } from 'vitest';
import { fetchPiece } from '../../lib/pipeline/fetch/fetch-piece.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { FinalizerMessage } from '../../lib/transfer/messages.ts';
import { toIso } from '../../lib/values/time.ts';
import { facts, failedWith, ledger, NOW, outcomeOf, POLICY, transferring } from '../support/a-transfer.ts';

it('a piece that was queued before the host asked for patience is put off, unasked', async () => {
  const records = memoryRecords();
  const record = transferring();
  const { url } = record.request.source;
  await records.put(KEYS.host(hostOf(url)), { v: 1, closedUntil: toIso(NOW + 5_000) }, 'absent');
  const sent: FinalizerMessage[] = [];
  let opened = 0;
  const ports = {
    records,
    ids: { ulid: () => 'w' },
    clock: { now: () => NOW, sleep: async () => {} },
    policy: { recordCacheMs: 0 },
    events: { emit: async () => {} },
    secrets: { unseal: async () => ({ url }) },
    sources: () => {
      opened += 1;
      throw new Error('it was asked all the same');
    },
    queues: {
      finalizer: {
        send: async (messages: readonly { readonly body: FinalizerMessage }[]) =>
          void sent.push(...messages.map(({ body }) => body)),
      },
    },
  } satisfies { readonly [K in keyof Ports]?: unknown } as unknown as Ports;
  await createTransfer(ports, record);
  const task = { kind: 'piece', v: 1, transferId: record.id, planId: 'plan1', pieceNumber: 2, attempt: 1 } as const;
  await fetchPiece(ports, fetcherMemory(ports), task, new AbortController().signal);
  expect(opened).toBe(0);
  expect(sent).toMatchObject([
    { outcome: 'failed', error: { code: 'SourceBusy', details: { retryAfterMs: 5_000, postponed: true } } },
  ]);
});

it('and does not close the host for longer, while one that was refused does', () => {
  const closes = (details: Record<string, number | boolean>) =>
    outcomeOf(
      decide(transferring(), facts({ ledger: ledger(1) }), [failedWith('SourceBusy', 2, {}, details)], NOW, POLICY),
    ).commands.some(({ kind }) => kind === 'closeHost');
  expect(closes({ retryAfterMs: 5_000, postponed: true })).toBe(false);
  expect(closes({ retryAfterMs: 5_000 })).toBe(true);
});
