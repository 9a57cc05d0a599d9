import { describe, expect, it } from 'vitest';
import { Counts } from '../../lib/local/metrics/counts.ts';
import { exposition } from '../../lib/local/metrics/exposition.ts';
import type { Moment } from '../../lib/local/metrics/measures.ts';
import { MEASURES, MOST_HOSTS } from '../../lib/local/metrics/measures.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW } from '../support/a-transfer.ts';
import { documentedMetrics, metricTables } from '../support/metric-rows.ts';
import { parseExposition } from '../support/prometheus.ts';

// What `GET /metrics` of a server says, and what is counted for it.

const host = (name: string, more: Partial<Moment['hosts'][number]> = {}): Moment['hosts'][number] => ({
  name,
  connections: { now: 1 },
  errors: {},
  ...more,
});

function moment(over: Partial<Moment> = {}): Moment {
  return {
    version: '1.2.3',
    counts: new Counts(),
    service: {
      startedAt: toIso(NOW),
      paused: false,
      counts: { running: 2, waiting: 3, paused: 1 },
      limits: { running: 16, connections: 64, perHost: 16, limitRate: 'off' },
    },
    hosts: [],
    piecesInFlight: 0,
    bodyBytes: 1024,
    cpuSeconds: 1.5,
    now: NOW,
    ...over,
  };
}

const expose = async (...moments: readonly Moment[]) => {
  const { text } = exposition();
  let last = '';
  for (const one of moments) last = await text(one);
  return parseExposition(last);
};

const of = (found: Awaited<ReturnType<typeof expose>>, name: string) =>
  Object.fromEntries(found.get(name)?.values ?? []);

const reason = { code: 'SourceReset', message: 'it broke off' } as const;
const result = { sizeBytes: 1, version: 'validator', digests: {} } as const;

describe('the metrics of a server', () => {
  it('are named by the conventions of Prometheus, each once, and described', async () => {
    const found = await expose(moment());
    for (const { name, kind } of MEASURES) {
      expect(name).toMatch(/^(piecework|process)_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter']);
      expect([name, found.get(name)?.type, found.get(name)?.help]).toEqual([name, kind, expect.stringMatching(/\.$/)]);
    }
    expect(found.get('process_cpu_seconds_total')?.type).toBe('counter');
    expect([...found.keys()].filter((name) => name.includes('eventloop_lag'))).toEqual([
      'nodejs_eventloop_lag_seconds',
    ]);
  });

  it('stand in the docs (`node test/support/metric-rows.ts` writes them)', () => {
    expect(documentedMetrics()).toEqual(metricTables());
  });

  it('say how transfers stand, and what limits them', async () => {
    const found = await expose(moment());
    expect(of(found, 'piecework_info')).toEqual({ '{version="1.2.3"}': 1 });
    expect(of(found, 'piecework_transfers')).toEqual({
      '{status="running"}': 2,
      '{status="waiting"}': 3,
      '{status="paused"}': 1,
    });
    expect(of(found, 'piecework_paused')).toEqual({ '': 0 });
    expect(of(found, 'piecework_rate_limit_bytes_per_second')).toEqual({ '': Number.POSITIVE_INFINITY });
    expect(of(found, 'piecework_body_memory_bytes')).toEqual({ '': 1024 });
  });

  it('count what happened, each end once', async () => {
    const counts = new Counts();
    const piece = { transferId: 'T', pieceNumber: 1 };
    counts.hear({ type: 'accepted', transferId: 'T', source: 'https://h/', destination: '/a' });
    counts.hear({ type: 'piece.started', ...piece, attempt: 1, bytes: 10 });
    counts.hear({ type: 'piece.progress', ...piece, bytes: 4 });
    counts.hear({ type: 'piece.continued', ...piece, restBytes: 6, delayMs: 0, error: reason });
    counts.hear({ type: 'piece.failed', ...piece, attempt: 1, error: reason });
    counts.hear({ type: 'piece.started', ...piece, attempt: 2, bytes: 10 });
    counts.hear({ type: 'piece.progress', ...piece, bytes: 7 });
    counts.hear({ type: 'piece.rescued', ...piece, restBytes: 3, afterMs: 1 });
    counts.hear({ type: 'piece.done', ...piece, bytes: 10, elapsedMs: 1 });
    counts.hear({ type: 'piece.done', transferId: 'C', pieceNumber: 1, bytes: 99, elapsedMs: 1, serverSideCopy: true });
    for (const run of [1, 1, 2]) counts.hear({ type: 'completed', transferId: 'T', run, result });
    counts.hear({ type: 'failed', transferId: 'U', run: 1, reason });
    const counters = { done: 1, unchanged: 0, failed: 0, cancelled: 0, bytes: 1 };
    for (const run of [1, 1])
      counts.hear({ type: 'batch.completed', batchId: 'B', run, entries: 1, counters } as PieceworkEvent);
    counts.answered({ method: 'GET', route: '/v1/transfers/{id}', status: 404 });
    const found = await expose(moment(), moment({ counts }));
    const total = (name: string) => of(found, `piecework_${name}_total`);
    expect(total('transfers_accepted')).toEqual({ '': 1 });
    expect(total('transfers_ended')).toEqual({
      '{status="completed"}': 2,
      '{status="failed"}': 1,
      '{status="cancelled"}': 0,
    });
    expect(total('batches_ended')).toEqual({
      '{status="completed"}': 1,
      '{status="failed"}': 0,
      '{status="cancelled"}': 0,
    });
    expect(total('transfer_failures')).toEqual({ '{code="SourceReset"}': 1 });
    expect(total('received_bytes')).toEqual({ '': 14 });
    expect([total('pieces_begun'), total('pieces_done')]).toEqual([{ '': 2 }, { '': 2 }]);
    expect(total('piece_failures')).toEqual({ '{code="SourceReset"}': 1 });
    expect([total('pieces_continued'), total('pieces_rescued')]).toEqual([{ '': 1 }, { '': 1 }]);
    expect(total('api_requests')).toEqual({ '{method="GET",route="/v1/transfers/{id}",status="404"}': 1 });
  });

  it('have no more hosts than a hundred, whatever is asked for', async () => {
    const closedUntil = toIso(NOW + 30_000);
    const hosts = Array.from({ length: 3 * MOST_HOSTS }, (_, index) =>
      host(`h${index}.example`, { requests: index, ...(index % 2 === 0 ? { closedUntil } : {}) }),
    );
    const found = await expose(moment({ hosts: [...hosts, host('odd"\\\n.example', { requests: 1_000 })] }));
    const open = of(found, 'piecework_host_connections');
    expect(Object.keys(open)).toHaveLength(MOST_HOSTS + 1);
    expect(open['{host="other"}']).toBe(2 * MOST_HOSTS + 1);
    expect(open['{host="odd\\"\\\\\\n.example"}']).toBe(1);
    expect(of(found, 'piecework_connections')).toEqual({ '': 3 * MOST_HOSTS + 1 });
    expect(of(found, 'piecework_hosts_closed')).toEqual({ '': 1.5 * MOST_HOSTS });
    const closed = Object.entries(of(found, 'piecework_host_closed_seconds'));
    expect(closed.length).toBeLessThanOrEqual(MOST_HOSTS);
    expect(new Set(closed.map(([, seconds]) => seconds))).toEqual(new Set([30]));
    // Nothing of them is left behind.
    const later = await expose(moment({ hosts }), moment({ hosts: [host('a.example')] }));
    expect(of(later, 'piecework_host_connections')).toEqual({ '{host="a.example"}': 1 });
  });
});
