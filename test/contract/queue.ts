import { describe, expect, test } from 'vitest';
import type { Consumer, Delivery, Queue } from '../../lib/queues/queue.ts';

export interface QueueSubject {
  readonly queue: Queue<string>;
  readonly consumer: Consumer<string>;
  /** Lets time pass, and everything happen that becomes due. */
  advance(ms: number): Promise<void>;
  /** Messages that are neither handled nor in a handler's hands, and those that are. */
  pending(): { readonly waiting: number; readonly inFlight: number };
  /** What a handler gave back because it was stopped counts as received all the same. @default false */
  readonly countsStopped?: boolean;
}

const ONE = { concurrency: 1, batchSize: 1 };

/** The behaviour of the ports `Queue` and `Consumer`, for every implementation. */
export function queueContract(name: string, setup: () => QueueSubject): void {
  describe(`queue contract: ${name}`, () => {
    /** Consumes until `stop`; what was handled, and the end of `consume`. */
    function consume(
      { consumer }: QueueSubject,
      options = ONE,
      handle: (batch: readonly Delivery<string>[], signal: AbortSignal) => Promise<void> = async () => {},
    ) {
      const stopping = new AbortController();
      const handled: (readonly Delivery<string>[])[] = [];
      const ended = consumer.consume(
        options,
        async (batch, signal) => {
          handled.push(batch);
          await handle(batch, signal);
        },
        stopping.signal,
      );
      const stop = async () => {
        stopping.abort(new Error('stopped'));
        await ended;
      };
      return { handled, stop, bodies: () => handled.flatMap((batch) => batch.map(({ body }) => body)) };
    }

    test('hands out each message once, counted from 1', async () => {
      const subject = setup();
      await subject.queue.send([{ body: 'a' }, { body: 'b' }]);
      const { handled, stop } = consume(subject);
      await subject.advance(0);
      await subject.queue.send([{ body: 'c' }]);
      await subject.advance(0);
      expect(handled).toEqual(['a', 'b', 'c'].map((body) => [{ body, receiveCount: 1 }]));
      expect(subject.pending()).toEqual({ waiting: 0, inFlight: 0 });
      await stop();
    });

    test('keeps a delayed message back for its time, and no other for it', async () => {
      const subject = setup();
      const { bodies, stop } = consume(subject);
      await subject.queue.send([{ body: 'late', delayMs: 5000 }, { body: 'later', delayMs: 9000 }, { body: 'now' }]);
      await subject.advance(4999);
      expect(bodies()).toEqual(['now']);
      await subject.queue.send([{ body: 'soon', delayMs: 10 }]);
      await subject.advance(1);
      expect(bodies()).toEqual(['now', 'late']);
      await subject.advance(9);
      expect(bodies()).toEqual(['now', 'late', 'soon']);
      await subject.advance(3991);
      expect(bodies()).toEqual(['now', 'late', 'soon', 'later']);
      await stop();
    });

    test('hands out batches up to their size', async () => {
      const subject = setup();
      await subject.queue.send(['a', 'b', 'c', 'd', 'e'].map((body) => ({ body })));
      const { handled, stop } = consume(subject, { concurrency: 1, batchSize: 2 });
      await subject.advance(0);
      expect(handled.map((batch) => batch.length)).toEqual([2, 2, 1]);
      await stop();
    });

    test('lets as many handlers work as were asked for, and no more', async () => {
      const subject = setup();
      const release: (() => void)[] = [];
      await subject.queue.send(Array.from({ length: 7 }, (_, index) => ({ body: String(index) })));
      const { handled, stop } = consume(
        subject,
        { concurrency: 3, batchSize: 1 },
        () => new Promise((resolve) => release.push(resolve)),
      );
      await subject.advance(0);
      expect(handled).toHaveLength(3);
      expect(subject.pending()).toEqual({ waiting: 4, inFlight: 3 });
      release.shift()?.();
      await subject.advance(0);
      expect(handled).toHaveLength(4);
      while (handled.length < 7 || release.length > 0) {
        release.shift()?.();
        await subject.advance(0);
      }
      expect(subject.pending()).toEqual({ waiting: 0, inFlight: 0 });
      await stop();
    });

    test('gives a batch again whose handler threw, counted on, after a delay that grows', async () => {
      const subject = setup();
      await subject.queue.send([{ body: 'a' }]);
      const { handled, stop } = consume(subject, ONE, async ([delivery]) => {
        if ((delivery?.receiveCount ?? 0) < 4) throw new Error('not yet');
      });
      const waits: number[] = [];
      await subject.advance(0);
      for (let count = 1; count < 4; count += 1) {
        let waited = 0;
        while (handled.length === count) {
          await subject.advance(10);
          waited += 10;
        }
        waits.push(waited);
      }
      expect(handled.map(([delivery]) => delivery?.receiveCount)).toEqual([1, 2, 3, 4]);
      expect(waits[0]).toBeGreaterThan(0);
      expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
      expect(waits[2]).toBeGreaterThan(waits[1] ?? 0);
      expect(subject.pending()).toEqual({ waiting: 0, inFlight: 0 });
      await stop();
    });

    test('is not held up by a message that fails', async () => {
      const subject = setup();
      await subject.queue.send([{ body: 'poison' }, { body: 'good' }]);
      const { bodies, stop } = consume(subject, ONE, async ([delivery]) => {
        if (delivery?.body === 'poison') throw new Error('never');
      });
      await subject.advance(0);
      expect(bodies()).toEqual(['poison', 'good']);
      await stop();
    });

    test('ends at once when its signal is aborted: before, while waiting for nothing, while waiting for a delay', async () => {
      const subject = setup();
      await subject.consumer.consume(ONE, async () => {}, AbortSignal.abort());
      const idle = consume(subject);
      await subject.advance(0);
      await idle.stop();
      await subject.queue.send([{ body: 'far', delayMs: 1_000_000 }]);
      const delayed = consume(subject);
      await subject.advance(0);
      await delayed.stop();
      expect(delayed.handled).toEqual([]);
      expect(subject.pending()).toEqual({ waiting: 1, inFlight: 0 });
    });

    test('ends only after its handlers have, which hear of it; their messages stay, uncounted where that can be', async () => {
      const subject = setup();
      await subject.queue.send([{ body: 'a' }]);
      let heard: unknown;
      const first = consume(subject, ONE, async (_, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        heard = signal.reason;
        throw signal.reason;
      });
      await subject.advance(0);
      await first.stop();
      expect(heard).toBeInstanceOf(Error);
      const second = consume(subject);
      await subject.advance(0);
      expect(second.handled).toEqual([[{ body: 'a', receiveCount: subject.countsStopped === true ? 2 : 1 }]]);
      await second.stop();
    });
  });
}
