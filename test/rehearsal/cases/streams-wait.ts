import { changeEventSource } from '../by-hand/change-event-source.ts';
import type { Case } from '../case.ts';
import { STREAM_WORKERS } from '../scene.ts';
import { expectSaid, until } from '../waiting.ts';

/** More than a window, so that it needs a worker of its own, for some 45 s of the minute that one has on a stand-in. */
const SIZE = 18 * 1024 ** 2;
const BYTES_PER_SECOND = 420_000;
/** Seconds, in place of the alarm's hour. */
const LOWERED = 15;
let ids: readonly string[] = [];

export const streamsWait: Case = {
  alarm: 'Oldest stream',
  cause: `slow sources without ranges have all workers of streams; the alarm’s hour was lowered to ${LOWERED} s`,
  async bringAbout(scene) {
    const since = Date.now();
    const { pipeline, origin } = scene;
    await scene.changeThreshold('Oldest stream', LOWERED);
    ids = await Promise.all(
      Array.from({ length: STREAM_WORKERS + 1 }, async (_, nth) => {
        const slow = { size: SIZE, seed: nth, ignoreRange: true, bytesPerSecond: BYTES_PER_SECOND };
        return await pipeline.submit(origin.serve(`/slow-${nth}.bin`, slow), `slow-${nth}.bin`);
      }),
    );
    await until('one waits for a worker', async () => (await pipeline.waiting('Streams')) > 0);
    return since;
  },
  async mend(scene) {
    expectSaid((await scene.type('ops', 'doctor')).text, /streams queue: [1-9] wait, 2 in hand/);
    // What a deploy with more `maxStreams` does.
    await changeEventSource(scene, 'Streams', { ScalingConfig: { MaximumConcurrency: 10 } });
    const { pipeline } = scene;
    await until('none waits any more', async () => (await pipeline.waiting('Streams')) === 0);
  },
  async prove(scene) {
    const { pipeline } = scene;
    for (const [nth, id] of ids.entries()) {
      await pipeline.until(id, 'completed');
      await pipeline.prove(`slow-${nth}.bin`, SIZE, nth);
    }
  },
};
