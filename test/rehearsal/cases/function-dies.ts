import { ENV } from '../../../lib/aws/names.ts';
import type { Variables } from '../by-hand/change-variables.ts';
import { changeVariables } from '../by-hand/change-variables.ts';
import { changeVisibility } from '../by-hand/change-visibility.ts';
import type { Case } from '../case.ts';
import { expectSaid, until } from '../waiting.ts';

const MIB = 1024 ** 2;

export const plannerDies = functionDies({
  alarm: 'Plan dead letters',
  stage: 'Planner',
  queue: 'Plans',
  file: 'no-plan.bin',
  sizeBytes: 6 * MIB,
});

/** Of a file in several pieces, whose results have no answer. */
export const finalizerDies = functionDies({
  alarm: 'Result dead letters',
  stage: 'Finalizer',
  queue: 'Results',
  file: 'no-results.bin',
  sizeBytes: 40 * MIB,
});

interface Dying {
  readonly alarm: string;
  readonly stage: 'Planner' | 'Finalizer';
  readonly queue: 'Plans' | 'Results';
  readonly file: string;
  readonly sizeBytes: number;
}

/** A variable of its environment is deleted by hand, so it can't start, and its messages die. */
function functionDies({ alarm, stage, queue, file, sizeBytes }: Dying): Case {
  let id = '';
  let before: Variables = {};
  let visibleBefore = '';
  return {
    alarm,
    cause: `a ${stage.toLowerCase()} that can not start: a variable was deleted by hand`,
    async bringAbout(scene) {
      const since = Date.now();
      const { pipeline, origin } = scene;
      // A message comes again when this is over, four times: nothing else of the case takes long.
      visibleBefore = await changeVisibility(scene, queue, '2');
      before = await changeVariables(scene, stage, ({ [ENV.recordsBucket]: _, ...rest }) => rest);
      id = await pipeline.submit(origin.serve(`/${file}`, { size: sizeBytes }), file);
      await until('a message is dead', async () => (await pipeline.waiting(`${queue}Dead`)) > 0);
      return since;
    },
    async mend(scene) {
      const found = await scene.type('ops', 'doctor');
      const name = stage.toLowerCase();
      expectSaid(
        found.text,
        new RegExp(`BROKEN +${name} function: the ${name} function can't start: PIECEWORK_RECORDS_BUCKET is not set`),
        new RegExp(`look +dead ${queue.toLowerCase()}: [1-9]`),
      );
      // What a deploy does.
      await changeVariables(scene, stage, () => before);
      await changeVisibility(scene, queue, visibleBefore);
      const replayed = await scene.type('ops', 'replay');
      expectSaid(replayed.text, `of ${id} back to ${queue.toLowerCase()}`);
    },
    async prove({ pipeline }) {
      await pipeline.until(id, 'completed');
      await pipeline.prove(file, sizeBytes);
    },
  };
}
