import { ENV } from '../../../lib/aws/names.ts';
import { changeEventSource } from '../by-hand/change-event-source.ts';
import type { Variables } from '../by-hand/change-variables.ts';
import { changeVariables } from '../by-hand/change-variables.ts';
import { changeVisibility } from '../by-hand/change-visibility.ts';
import type { Case } from '../case.ts';
import { expectSaid, until } from '../waiting.ts';

const SIZE = 20 * 1024 ** 2;
let id = '';
let before: Variables = {};
let visibleBefore = '';

/** A planner still hands the stream over; then no worker can start for it. */
export const streamDies: Case = {
  alarm: 'Stream dead letters',
  cause: 'a stream waits for its worker, and no planner can start: a variable was deleted by hand',
  async bringAbout(scene) {
    const since = Date.now();
    const { pipeline, origin } = scene;
    await changeEventSource(scene, 'Streams', { Enabled: false });
    // A message comes again when this is over, four times.
    visibleBefore = await changeVisibility(scene, 'Streams', '2');
    id = await pipeline.submit(origin.serve('/dead-stream.bin', { size: SIZE, ignoreRange: true }), 'dead-stream.bin');
    await until('the stream waits for a worker', async () => (await pipeline.waiting('Streams')) > 0);
    before = await changeVariables(scene, 'Planner', ({ [ENV.recordsBucket]: _, ...rest }) => rest);
    await changeEventSource(scene, 'Streams', { Enabled: true });
    await until('its message is dead', async () => (await pipeline.waiting('StreamsDead')) > 0);
    return since;
  },
  async mend(scene) {
    const found = await scene.type('ops', 'doctor');
    expectSaid(
      found.text,
      /BROKEN +planner function: the planner function can't start: PIECEWORK_RECORDS_BUCKET is not set/,
      /look +dead streams: [1-9]/,
    );
    // What a deploy does.
    await changeVariables(scene, 'Planner', () => before);
    await changeVisibility(scene, 'Streams', visibleBefore);
    expectSaid((await scene.type('ops', 'replay')).text, `of ${id} back to streams`);
  },
  async prove({ pipeline }) {
    await pipeline.until(id, 'completed');
    await pipeline.prove('dead-stream.bin', SIZE);
  },
};
