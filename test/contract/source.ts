import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

/** A server of one scheme, filled by the suite, and a source that is new for each test. */
export interface SourceServer extends AsyncDisposable {
  readonly source: Source;
  /** What the scheme, or this server, can do; the suite asks no more of it. */
  readonly features: {
    /** The middle of a file can be fetched. */
    readonly ranges: boolean;
    /** The probe learns the size. */
    readonly sizes: boolean;
    /** It learns of an empty file that it is empty. @default as `sizes` */
    readonly emptySizes?: boolean;
    /** A replaced file of the same size is noticed. */
    readonly versions: boolean;
    /** Any query may stand in its URLs. @default true */
    readonly queries?: boolean;
  };
  /** Creates or replaces `/name`; a replaced file is a new version. */
  put(name: string, bytes: Uint8Array): Promise<SourceLocator>;
  remove(name: string): Promise<void>;
}

const SIZE = 300_000;
const BYTES = patternBytes(0, SIZE);

/** What `lib/sources/source.ts` promises, whatever the scheme. */
export function sourceContract(name: string, makeServer: () => Promise<SourceServer>): void {
  describe(`source contract: ${name}`, () => {
    let server: SourceServer;
    let source: Source;
    beforeEach(async () => {
      server = await makeServer();
      source = server.source;
    });
    afterEach(() => server[Symbol.asyncDispose]());

    const probed = async (from: SourceLocator) => {
      await using probe = await source.probe(from, 1, call());
      return probe.snapshot;
    };

    it('names its schemes without the colon', () => {
      expect(source.schemes.length).toBeGreaterThan(0);
      for (const scheme of source.schemes) expect(scheme).toMatch(/^[a-z][a-z0-9+.-]*$/);
    });

    it('probes a file larger than the first bytes', async () => {
      const from = await server.put('file.bin', BYTES);
      await using probe = await source.probe(from, 1000, call());
      const { ranges, sizes } = server.features;
      expect(probe.snapshot.sizeBytes).toBe(sizes ? SIZE : undefined);
      expect(probe.snapshot.ranges).toBe(ranges);
      expect(probe.snapshot.name).toBe('file.bin');
      expect(probe.bodyIsWhole).toBe(!ranges);
      const body = await readAll(probe.body);
      expect(body.equals(ranges ? BYTES.subarray(0, 1000) : BYTES)).toBe(true);
    });

    it.each([SIZE, SIZE + 1, 16 * SIZE])('has the whole in hand when asked for its first %d bytes', async (first) => {
      const from = await server.put('file.bin', BYTES);
      await using probe = await source.probe(from, first, call());
      expect(probe.bodyIsWhole).toBe(true);
      expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
    });

    it("has the whole in hand when asked for 'all'", async () => {
      const from = await server.put('file.bin', BYTES);
      await using probe = await source.probe(from, 'all', call());
      expect(probe.bodyIsWhole).toBe(true);
      expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
    });

    it.each([1, 'all'] as const)('probes an empty file (%s)', async (first) => {
      const from = await server.put('empty', new Uint8Array(0));
      await using probe = await source.probe(from, first, call());
      if (server.features.emptySizes ?? server.features.sizes) expect(probe.snapshot.sizeBytes).toBe(0);
      expect(probe.bodyIsWhole).toBe(true);
      expect(await readAll(probe.body)).toHaveLength(0);
    });

    it('reads into the buffer that it is given, and beyond the end gives 0 again', async () => {
      const from = await server.put('small', BYTES.subarray(0, 5));
      await using probe = await source.probe(from, 'all', call());
      const into = new Uint8Array(3).fill(0xaa);
      const got: number[] = [];
      for (let count = await probe.body.read(into); count > 0; count = await probe.body.read(into)) {
        expect(count).toBeLessThanOrEqual(3);
        got.push(...into.subarray(0, count));
      }
      expect(Buffer.from(got).equals(BYTES.subarray(0, 5))).toBe(true);
      expect(await probe.body.read(into)).toBe(0);
    });

    it('says that a missing file is missing, naming it', async () => {
      const from = await server.put('gone.bin', BYTES);
      await server.remove('gone.bin');
      const error = await failureOf(source.probe(from, 1, call()), 'SourceNotFound');
      expect(error.message).toContain('gone.bin');
      expect(error.reaction).toBe('fail');
    });

    it('rejects with the reason of a signal that is aborted already', async () => {
      const from = await server.put('file.bin', BYTES);
      const reason = new Error('enough');
      await expect(source.probe(from, 1, call(AbortSignal.abort(reason)))).rejects.toBe(reason);
    });

    it('rejects with the reason of a signal that is aborted within the body', async () => {
      const from = await server.put('file.bin', BYTES);
      const stop = new AbortController();
      await using probe = await source.probe(from, 'all', call(stop.signal));
      const into = new Uint8Array(10);
      expect(await probe.body.read(into)).toBeGreaterThan(0);
      const reason = new Error('enough');
      stop.abort(reason);
      await expect(readAll(probe.body)).rejects.toBe(reason);
    });

    it('can be asked again after a body that nobody read', async () => {
      const from = await server.put('file.bin', BYTES);
      await (await source.probe(from, 'all', call()))[Symbol.asyncDispose]();
      await using probe = await source.probe(from, 'all', call());
      expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
    });

    it('can be disposed of twice, and after its end', async () => {
      const from = await server.put('file.bin', BYTES);
      const probe = await source.probe(from, 1000, call());
      await readAll(probe.body);
      await probe[Symbol.asyncDispose]();
      await probe[Symbol.asyncDispose]();
    });

    it('shows no credential of its URL in errors', async (context) => {
      if (server.features.queries === false) context.skip();
      const from = await server.put('secret.bin', BYTES);
      await server.remove('secret.bin');
      const url = new URL(from.url);
      url.search = '?sig=hunter2';
      const error = await failureOf(source.probe({ ...from, url: url.href }, 1, call()), 'SourceNotFound');
      expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('hunter2');
    });

    describe('ranges', () => {
      beforeEach((context) => {
        if (!server.features.ranges) context.skip();
      });

      it.each([
        { start: 0, end: SIZE },
        { start: 0, end: 1 },
        { start: 1, end: 2 },
        { start: 65_530, end: 65_540 },
        { start: 100_000, end: 250_001 },
        { start: SIZE - 1, end: SIZE },
      ])('opens [$start, $end)', async (range) => {
        const from = await server.put('file.bin', BYTES);
        const reader = await source.open(from, await probed(from), range, call());
        expect((await readAll(reader, 777)).equals(BYTES.subarray(range.start, range.end))).toBe(true);
      });

      /** As the engine does: a server that is full is asked again, once a connection of ours is free. */
      async function openWhenThereIsRoom(from: SourceLocator, snapshot: Snapshot, range: ByteRange) {
        for (;;) {
          try {
            return await source.open(from, snapshot, range, call());
          } catch (error) {
            if (!(error instanceof PieceworkError && error.code === 'SourceBusy')) throw error;
          }
        }
      }

      it('opens many at once, and together they are the file', async () => {
        const from = await server.put('file.bin', BYTES);
        const snapshot = await probed(from);
        const step = 37_500;
        const pieces = await Promise.all(
          Array.from({ length: SIZE / step }, async (_, index) => {
            const range = { start: index * step, end: (index + 1) * step };
            return readAll(await openWhenThereIsRoom(from, snapshot, range));
          }),
        );
        expect(Buffer.concat(pieces).equals(BYTES)).toBe(true);
      });

      it('notices a file of another size', async () => {
        const from = await server.put('file.bin', BYTES);
        const snapshot = await probed(from);
        await server.put('file.bin', BYTES.subarray(0, SIZE - 1));
        const error = await failureOf(source.open(from, snapshot, { start: 10, end: 20 }, call()), 'SourceChanged');
        expect(error.reaction).toBe('changed');
      });

      it('notices another version of the same size', async (context) => {
        if (!server.features.versions) context.skip();
        const from = await server.put('file.bin', BYTES);
        const snapshot = await probed(from);
        await server.put('file.bin', patternBytes(0, SIZE, 2));
        await failureOf(source.open(from, snapshot, { start: 10, end: 20 }, call()), 'SourceChanged');
      });

      it('says when the file is gone', async () => {
        const from = await server.put('file.bin', BYTES);
        const snapshot = await probed(from);
        await server.remove('file.bin');
        await failureOf(source.open(from, snapshot, { start: 10, end: 20 }, call()), 'SourceNotFound');
      });

      it('stops when the signal is aborted within the body', async () => {
        const from = await server.put('file.bin', BYTES);
        const stop = new AbortController();
        const reader = await source.open(from, await probed(from), { start: 0, end: SIZE }, call(stop.signal));
        const reason = new Error('enough');
        stop.abort(reason);
        await expect(readAll(reader)).rejects.toBe(reason);
      });
    });
  });
}
