import { describe, expect, it } from 'vitest';
import type { Environment } from '../../lib/aws/environment.ts';
import { awsPolicy } from '../../lib/aws/policy.ts';
import { retry } from '../../lib/pipeline/requests/retry.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import type { ActiveTransfer } from '../../lib/pipeline/shared/markers.ts';
import { activeTransfers } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import { stillPorts } from '../support/still-ports.ts';
import { change, SUBMISSION } from '../support/submission.ts';

const never = new AbortController().signal;
const MINUTE_MS = 60_000;

/** A deployment as the stand-ins have it, or as it is by default; its schedule ticks once a minute. */
function bench({
  planTimeoutMs,
  pieceTimeoutMs,
  lateMs,
}: Pick<Environment, 'planTimeoutMs' | 'pieceTimeoutMs' | 'lateMs'>) {
  const { ports: still, clock } = stillPorts();
  const environment = { stage: 'finalizer', planTimeoutMs, pieceTimeoutMs, lateMs, hostConnections: 16 };
  const ports: Ports = { ...still, policy: awsPolicy(environment as Environment) };
  const active = async () => {
    const all: ActiveTransfer[] = [];
    for await (const one of activeTransfers(ports)) all.push(one);
    return all;
  };
  return {
    ports,
    active,
    /** The API's function is cut off at its write of the record. */
    cutOff: {
      ...ports,
      records: {
        ...ports.records,
        put: async (...args: Parameters<typeof ports.records.put>) => {
          if (args[0].path.startsWith('transfers/')) throw new Error('cut off');
          return await ports.records.put(...args);
        },
      },
    } as Ports,
    /** Minutes until no marker stands, and nothing sealed with it. */
    async minutesLeft() {
      for (let minutes = 0; ; minutes += 1) {
        if ((await active()).length === 0) return minutes;
        clock.now += MINUTE_MS;
        for (const one of await active()) await reconcile(ports, one, { now: false }, never);
      }
    },
  };
}

const STAND_IN = { planTimeoutMs: 60_000, pieceTimeoutMs: 20_000, lateMs: 0 };
const DEFAULT = { planTimeoutMs: 900_000, pieceTimeoutMs: 120_000, lateMs: 300_000 };

describe('what a request leaves that is cut off between its marker and its record', () => {
  it.each([
    ['a stand-in', STAND_IN, 2],
    ['AWS', DEFAULT, 21],
  ])('at %s: of a submit', async (_, settings, minutes) => {
    const { cutOff, ports, active, minutesLeft } = bench(settings);
    await expect(submit(cutOff, SUBMISSION)).rejects.toThrow('cut off');
    const [{ transferId } = { transferId: '' }] = await active();
    expect(await ports.secrets.unseal(transferId, 1)).toBeDefined();
    expect(await minutesLeft()).toBe(minutes);
    expect(await ports.secrets.unseal(transferId, 1)).toBeUndefined();
  });

  it.each([
    ['a stand-in', STAND_IN, 2],
    ['AWS', DEFAULT, 21],
  ])('at %s: of a retry', async (_, settings, minutes) => {
    const { cutOff, ports, active, minutesLeft } = bench(settings);
    const { id } = await submit(ports, SUBMISSION);
    const reason = { code: 'SourceNotFound', message: 'gone' } as const;
    await change(ports, id, { status: 'failed', reason, endedAt: '2026-01-01T12:00:00.000Z', announced: true });
    await expect(retry(cutOff, id, SUBMISSION.source)).rejects.toThrow('cut off');
    expect(await active()).toEqual([
      { transferId: id, run: 1 },
      { transferId: id, run: 2 },
    ]);
    expect(await minutesLeft()).toBe(minutes);
    expect([await ports.secrets.unseal(id, 1), await ports.secrets.unseal(id, 2)]).toEqual([undefined, undefined]);
  });
});
