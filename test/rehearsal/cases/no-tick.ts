import { setTimeout as sleep } from 'node:timers/promises';
import { DisableRuleCommand, EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { clientOf } from '../../e2e/pipeline.ts';
import type { Case } from '../case.ts';
import { expectSaid } from '../waiting.ts';

/** A tick that was on its way is over. */
const SETTLED_MS = 15_000;
/** Two would have come. The alarm waits for three of these, of five minutes each. */
const WINDOW_MS = 130_000;

export const noTick: Case = {
  alarm: 'No tick',
  cause: 'the schedule was switched off by hand',
  async bringAbout({ cloud, stack }) {
    const events = new EventBridgeClient(clientOf(cloud));
    const { Rules = [] } = await events.send(new ListRulesCommand({}));
    const names = Rules.map((rule) => rule.Name ?? '');
    const Name = names.find((name) => name.startsWith(`${stack}-`) && name.includes('Tick'));
    await events.send(new DisableRuleCommand({ Name }));
    events.destroy();
    await sleep(SETTLED_MS);
    const since = Date.now();
    await sleep(WINDOW_MS);
    return since;
  },
  async mend(scene) {
    expectSaid((await scene.type('ops', 'doctor')).text, /BROKEN +schedule: it is off, so no tick runs/);
    await scene.type('ops', 'resume');
  },
  async prove(scene) {
    expectSaid((await scene.type('ops', 'doctor')).text, /ok +schedule: a tick each minute/, ' 0 broken');
  },
};
