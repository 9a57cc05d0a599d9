import { describe, expect, it } from 'vitest';
import { retry } from '../../lib/pipeline/requests/retry.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import { unmarkedSealed } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import { stillPorts } from '../support/still-ports.ts';
import { change, markers, OTHER_URL, SETTLED, SUBMISSION } from '../support/submission.ts';

const never = new AbortController().signal;

describe('a source that is sealed late by somebody who then dies', () => {
  /** Ports whose owner is that slow: `meanwhile` happens before its source is sealed, and nothing after. */
  function dyingAtTheSeal(ports: Ports, meanwhile: () => Promise<void>): Ports {
    return {
      ...ports,
      secrets: {
        ...ports.secrets,
        async seal(...args) {
          await meanwhile();
          await ports.secrets.seal(...args);
          throw new Error('killed');
        },
      },
    };
  }

  /** What settling comes to, whatever the end was. */
  async function end(ports: Ports, id: string, run: number): Promise<void> {
    await change(ports, id, SETTLED);
    await reconcile(ports, { transferId: id, run }, { now: false }, never);
  }

  async function sweep(ports: Ports): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const forgotten of unmarkedSealed(ports)) {
      found.push(`${forgotten.transferId}/${forgotten.run}`);
      await reconcile(ports, forgotten, { now: false }, never);
    }
    return found;
  }

  async function lateSubmit() {
    const { ports } = stillPorts();
    let id = '';
    const slow = dyingAtTheSeal(ports, async () => {
      ({ id } = await submit(ports, SUBMISSION));
      await end(ports, id, 1);
      expect(await markers(ports)).toEqual([]);
    });
    await expect(submit(slow, SUBMISSION)).rejects.toThrow('killed');
    return { ports, id };
  }

  it('is found although no marker tells of it, and goes', async () => {
    const { ports, id } = await lateSubmit();
    expect(await markers(ports)).toEqual([]);
    expect(await ports.secrets.unseal(id, 1)).toBeDefined();
    expect(await sweep(ports)).toEqual([`${id}/1`]);
    expect(await ports.secrets.unseal(id, 1)).toBeUndefined();
    expect(await sweep(ports)).toEqual([]);
  });

  it('of an earlier run goes too, when the record is settled that once went by it', async () => {
    const { ports, id } = await lateSubmit();
    await change(ports, id, { run: 2, sealedRun: 1 });
    expect(await sweep(ports)).toEqual([`${id}/1`]);
    expect(await ports.secrets.unseal(id, 1)).toBeUndefined();
  });

  it('stays while the record goes by it', async () => {
    const { ports, id } = await lateSubmit();
    await change(ports, id, { run: 2, sealedRun: 1, status: 'accepted' });
    expect(await sweep(ports)).toEqual([`${id}/1`]);
    expect(await ports.secrets.unseal(id, 1)).toBeDefined();
  });

  it('by a retry is found as well', async () => {
    const { ports } = stillPorts();
    const { id } = await submit(ports, SUBMISSION);
    await change(ports, id, SETTLED);
    const slow = dyingAtTheSeal(ports, async () => {
      await retry(ports, id, { url: OTHER_URL });
      await end(ports, id, 2);
    });
    await expect(retry(slow, id, { url: OTHER_URL })).rejects.toThrow('killed');
    expect(await markers(ports)).toEqual([]);
    expect(await sweep(ports)).toEqual([`${id}/2`]);
    expect(await ports.secrets.unseal(id, 2)).toBeUndefined();
  });

  it('is nobody else’s: what is sealed for a transfer with its marker is not even looked at', async () => {
    const { ports } = stillPorts();
    const { id } = await submit(ports, SUBMISSION);
    expect(await sweep(ports)).toEqual([]);
    expect(await ports.secrets.unseal(id, 1)).toBeDefined();
  });
});
