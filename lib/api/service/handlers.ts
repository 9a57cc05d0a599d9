import type { Context } from 'hono';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import type { ApiDeps } from '../deps.ts';
import { checkedId } from '../requests/checked-id.ts';
import type { Serve } from '../routing/serve.ts';
import type { Service } from '../schemas/service.ts';
import type { Transfer } from '../schemas/transfer.ts';
import type { Machine } from './machine.ts';
import { pauseOf } from './pause.ts';
import {
  arrangeRoute,
  limitRoute,
  pauseAllRoute,
  pauseRoute,
  resumeAllRoute,
  resumeRoute,
  serviceRoute,
} from './routes.ts';

/** Of a deployment. */
const FEATURES_ON_AWS = ['batches'] as const;

type Shown = (record: TransferRecord, context: Context) => Transfer;

export function serveService(serve: Serve, deps: ApiDeps, shown: Shown): void {
  serve(serviceRoute, async (context) => context.json({ ...viewService(deps), ...(await pauseOf(deps)) }, 200));
  if (deps.machine !== undefined) serveQueue(serve, deps.machine, () => viewService(deps), shown);
}

/** The home as it stands. */
export function viewService(
  deps: Pick<ApiDeps, 'version' | 'workers' | 'machine' | 'feed' | 'hosts' | 'dryRuns'>,
): Service {
  const { version, workers, machine, feed, hosts, dryRuns } = deps;
  const looks = dryRuns === undefined ? [] : (['dryRun'] as const);
  if (machine === undefined)
    return { home: 'aws', version, features: [...FEATURES_ON_AWS, ...looks], ...stated({ workers }) };
  const features = [
    ...machine.features,
    ...looks,
    ...(feed === undefined ? [] : (['events'] as const)),
    ...(hosts === undefined ? [] : (['hosts'] as const)),
  ];
  return { home: 'machine', version, features, ...machine.look() };
}

/** What only a machine has is served only there. */
function serveQueue(serve: Serve, machine: Machine, service: () => Service, shown: Shown): void {
  serve(limitRoute, async (context) => {
    await machine.limit(context.req.valid('json'));
    return context.json(service(), 200);
  });

  serve(pauseAllRoute, async (context) => {
    await machine.pauseAll();
    return context.json(service(), 200);
  });

  serve(resumeAllRoute, async (context) => {
    await machine.resumeAll();
    return context.json(service(), 200);
  });

  serve(pauseRoute, async (context) => {
    const record = await machine.pause(checkedId(context, context.req.valid('param').id));
    return context.json(shown(record, context), 202);
  });

  serve(resumeRoute, async (context) => {
    const record = await machine.resume(checkedId(context, context.req.valid('param').id));
    return context.json(shown(record, context), 202);
  });

  serve(arrangeRoute, async (context) => {
    const arrangement = context.req.valid('json');
    const record = await machine.arrange(checkedId(context, context.req.valid('param').id), arrangement);
    return context.json(shown(record, context), 200);
  });
}
