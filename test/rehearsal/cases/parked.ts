import type { Case } from '../case.ts';
import { expectSaid, until } from '../waiting.ts';

const MIB = 1024 ** 2;
let id = '';

export const parked: Case = {
  alarm: 'Parked messages',
  cause: 'a roll-back: messages of a newer version, and one that is understood again',
  async bringAbout({ pipeline, origin }) {
    const since = Date.now();
    id = await pipeline.submit(origin.serve('/parked.bin', { size: 6 * MIB }), 'parked.bin');
    await pipeline.send('Plans', { kind: 'plan', v: 99, transferId: id });
    // As a version parked it that did not understand it.
    await pipeline.send('Parked', { kind: 'tick', v: 1, transferId: id });
    await until('both are parked', async () => (await pipeline.waiting('Parked')) === 2);
    return since;
  },
  async mend(scene) {
    const { pipeline } = scene;
    const dry = await scene.type('ops', 'replay', '--dry-run');
    expectSaid(dry.text, 'its version 99 is not one of 1', '1 message would be sent back, 1 stays');
    expectSaid((await scene.type('ops', 'replay')).text, `parked: tick of ${id} back to results`, '1 stays');
    // What is of no version any more is deleted by hand.
    await pipeline.empty('Parked');
  },
  async prove({ pipeline }) {
    await pipeline.until(id, 'completed');
    await pipeline.prove('parked.bin', 6 * MIB);
  },
};
