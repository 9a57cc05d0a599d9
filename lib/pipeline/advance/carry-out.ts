import type { Command } from '../../transfer/decide/decision.ts';
import { settle } from '../settle/settle.ts';
import { closeHost } from '../shared/hosts/change.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';

/** Does what was decided, after it was stored. Whatever a crash loses here, the next tick repairs (rule 1). */
export async function carryOut(
  ports: Ports,
  stored: Loaded,
  commands: readonly Command[],
  signal: AbortSignal,
): Promise<void> {
  const { id } = stored.record;
  for (const command of commands) {
    switch (command.kind) {
      case 'sendPlan':
        await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: id }, delayMs: command.delayMs }]);
        break;
      case 'sendFinish':
        await ports.queues.planner.send([{ body: { kind: 'finish', v: 1, transferId: id }, delayMs: command.delayMs }]);
        break;
      case 'sendPieces':
        await ports.queues.fetcher.send(command.tasks.map(({ task, delayMs }) => ({ body: task, delayMs })));
        break;
      case 'closeHost':
        await closeHost(ports, stored.record.request.source.url, command.until, signal);
        break;
      case 'emit':
        await ports.events.emit(command.event);
        break;
      case 'settle':
        if (ports.policy.settlesElsewhere === true)
          await ports.queues.finalizer.send([{ body: { kind: 'tick', v: 1, transferId: id } }]);
        else await settle(ports, id, signal, stored);
        break;
    }
  }
}
