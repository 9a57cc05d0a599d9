import { GROUPS } from '../../cdk/monitoring/groups.ts';
import { anchorOf } from '../../lib/aws/ops/doctor/finding.ts';
import type { Case } from './case.ts';
import { fires } from './gauges.ts';
import type { Scene } from './scene.ts';
import { until } from './waiting.ts';

/** What a case has shown. */
export interface Shown {
  readonly alarm: string | undefined;
  /** Heading of the group that calls for it. */
  readonly group?: string;
  readonly saidBy?: string;
  readonly cause: string;
  /** Of the alarm's metric: at the worst, its threshold, and afterwards. */
  readonly metric?: { readonly worst: number; readonly threshold: number; readonly after: number };
  readonly typed: readonly string[];
}

/** Brings a case about, sees its alarm's metric over the threshold, mends it by the runbook, and sees it fall. */
export async function rehearse(scene: Scene, played: Case): Promise<Shown> {
  const { alarm, cause } = played;
  scene.typed.length = 0;
  const since = await played.bringAbout(scene);
  const alarms = alarm === undefined ? [] : scene.alarmsOf(alarm);
  const readAll = (from: number) =>
    Promise.all(alarms.map(async (watched) => ({ watched, value: await scene.gauges.read(watched, from) })));
  let worst: Awaited<ReturnType<typeof readAll>>[number] | undefined;
  if (alarm !== undefined)
    await until(`the metric of "${alarm}" is over its threshold`, async () => {
      worst = (await readAll(since)).find(({ watched, value }) => fires(watched, value));
      return worst !== undefined;
    });
  const said = worst === undefined ? undefined : await scene.groupOf(worst.watched);
  const group = Object.keys(GROUPS).find((heading) => said?.endsWith(`#${anchorOf(heading)}`));
  await played.mend(scene);
  const mendedAt = Date.now();
  await played.prove(scene);
  const { saidBy = 'it mends itself' } = played;
  if (worst === undefined) return { alarm, saidBy, cause, typed: [...scene.typed] };
  const { watched, value } = worst;
  let after = value;
  await until(`the metric of "${alarm}" has fallen`, async () => {
    const values = await readAll(mendedAt);
    after = values.find((one) => one.watched === watched)?.value ?? after;
    return values.every((one) => !fires(one.watched, one.value));
  });
  const { Threshold: threshold = Number.NaN } = watched;
  const named = group === undefined ? {} : { group };
  return { alarm, ...named, cause, metric: { worst: value, threshold, after }, typed: [...scene.typed] };
}
