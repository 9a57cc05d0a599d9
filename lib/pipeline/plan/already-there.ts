import { completed } from '../../transfer/record/transitions.ts';
import { dropIntent, giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import { carryOut } from '../advance/carry-out.ts';
import { destinationExists, isUnchanged } from '../shared/object/unchanged.ts';
import type { PlanningWork } from './planning-work.ts';
import { storePlan } from './planning-work.ts';

/** The overwrite policy, before any byte moves; `fail` is held again, atomically, at completion. */
export async function isAlreadyThere(work: PlanningWork): Promise<boolean> {
  const { ports, loaded, planId, destination, probe, signal } = work;
  const { request } = loaded.record;
  if (request.options.ifExists === 'replace') return false;
  const there = await destination.head(request.destination, { signal });
  if (there === undefined) return false;
  if (request.options.ifExists === 'fail') throw destinationExists(destination.describe(request.destination));
  const { snapshot } = probe;
  if (!isUnchanged(there, snapshot)) return false;
  const result = {
    sizeBytes: there.sizeBytes,
    version: 'validator',
    digests: {},
    unchanged: true,
    ...(there.etag === undefined ? {} : { etag: there.etag }),
  } as const;
  const stored = await storePlan(work, (record) =>
    completed(dropIntent(giveUpUpload({ ...record, snapshot }), planId), result, ports.clock.now()),
  );
  await carryOut(ports, stored, [{ kind: 'settle' }], signal);
  return true;
}
