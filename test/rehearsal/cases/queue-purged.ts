import type { Case } from '../case.ts';

const MIB = 1024 ** 2;
let id = '';

export const queuePurged: Case = {
  alarm: undefined,
  cause: 'the queue of plans is purged while a message waits in it',
  async bringAbout(scene) {
    const since = Date.now();
    const { pipeline, origin } = scene;
    // So that the message waits for certain.
    await scene.type('ops', 'pause', '--because', 'a rehearsal');
    id = await pipeline.submit(origin.serve('/purged.bin', { size: 20 * MIB }), 'purged.bin');
    await pipeline.empty('Plans');
    await scene.type('ops', 'resume');
    return since;
  },
  async mend(scene) {
    // There is nothing to mend: once the transfer has been quiet for two minutes, a tick sends again what is missing.
    await scene.type('ops', 'drain', '--timeout', '8m');
  },
  async prove({ pipeline }) {
    await pipeline.until(id, 'completed');
    await pipeline.prove('purged.bin', 20 * MIB);
  },
};
