import { changeVariables } from '../by-hand/change-variables.ts';
import type { Case } from '../case.ts';

const MIB = 1024 ** 2;
const SIZE = 24 * MIB;
const AHEAD_MS = 3_600_000;

/** Whatever asks for the time gets one that is an hour ahead. */
const CLOCK =
  'const D=Date;globalThis.Date=class extends D{constructor(...a){if(a.length>0)super(...a);' +
  `else super(D.now()+${AHEAD_MS})}static now(){return D.now()+${AHEAD_MS}}}`;
const OPTIONS = `--enable-source-maps --import data:text/javascript,${encodeURIComponent(CLOCK)}`;

let id = '';
let before: Readonly<Record<string, string>> = {};

export const wrongClock: Case = {
  alarm: undefined,
  saidBy: 'nothing depends on a worker’s clock',
  cause: 'the clock of fetchers is an hour ahead',
  async bringAbout(scene) {
    const { pipeline, origin } = scene;
    const since = Date.now();
    before = await changeVariables(scene, 'Fetcher', (variables) => ({ ...variables, NODE_OPTIONS: OPTIONS }));
    const url = origin.serve('/clock.bin', { size: SIZE });
    id = await pipeline.submit(url, 'clock.bin', { pieceSizeBytes: 5 * MIB, parallelism: 4 });
    await pipeline.until(id, 'completed');
    return since;
  },
  async mend(scene) {
    await changeVariables(scene, 'Fetcher', () => before);
  },
  async prove({ pipeline, stack }) {
    await pipeline.prove('clock.bin', SIZE);
    const lines = await pipeline.logOf(stack, 'Fetcher');
    const isAhead = lines.some(({ _aws }) => Number(Object(_aws).Timestamp) > Date.now() + AHEAD_MS / 2);
    if (!isAhead) throw new Error('the clock of the fetchers was right');
  },
};
