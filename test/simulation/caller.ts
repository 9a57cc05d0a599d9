import { PieceworkError } from '../../lib/errors/error.ts';
import { cancel } from '../../lib/pipeline/requests/cancel.ts';
import { retry } from '../../lib/pipeline/requests/retry.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import type { ActiveTransfer } from '../../lib/pipeline/shared/markers.ts';
import { activeTransfers, unmarkedSealed } from '../../lib/pipeline/shared/markers.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import type { Act, Order } from './scenario.ts';
import { simPorts } from './sim-ports.ts';
import { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** Those who act from outside: callers of the API, each request a process of its own, and the schedule. */

/** Lets a caller do what the order says, when it says so. One whose submit did not succeed repeats it, if he may. */
export function placeOrder(world: World, order: Order, index: number): void {
  const known: { transferId?: string } = {};
  for (const act of order.acts) {
    const perform = () => request(world, order, index, act, known);
    if (act.on === undefined) world.after(act.atMs, perform);
    else world.rules.onStatus(order, act.on, () => performLater(world, act.atMs, perform));
  }
}

/** As long as a caller means to come again, the schedule goes on. */
function performLater(world: World, delayMs: number, perform: () => void): void {
  world.callers += 1;
  world.after(delayMs, () => {
    world.callers -= 1;
    perform();
  });
}

function request(world: World, order: Order, index: number, act: Act, known: { transferId?: string }): void {
  const { transferId } = known;
  if (act.kind !== 'submit' && transferId === undefined) return;
  let isAnswered = false;
  world.callers += 1;
  const goOn = () => {
    if (isAnswered) return;
    isAnswered = true;
    world.callers -= 1;
    // A benign caller never gives up; others do, and leave whatever they left.
    const again = act.kind === 'submit' && order.idempotent && (order.mustComplete || world.chance.hit(0.5));
    if (again)
      performLater(world, world.chance.between(1_000, world.scenario.patienceMs), () =>
        request(world, order, index, act, known),
      );
  };
  const process = new SimProcess(world, `${act.kind}-${index}`, goOn);
  world.after(world.times.apiTimeoutMs, () => {
    if (!isAnswered) process.kill('it takes too long');
  });
  const ports = simPorts(world, process);
  const { url } = order.origin;
  async function perform(): Promise<void> {
    switch (act.kind) {
      case 'submit': {
        const idempotency = order.idempotent
          ? { idempotency: { keyHash: `key-${index}`, requestHash: `request-${index}` } }
          : {};
        const { target: destination, options } = order;
        const record = await submit(ports, {
          source: { url },
          destination,
          object: {},
          options,
          owner: 'local',
          ...idempotency,
        });
        known.transferId = record.id;
        return;
      }
      case 'cancel':
        await cancel(ports, transferId ?? '', process.signal);
        return;
      case 'retry':
        await retry(ports, transferId ?? '', act.givesSource ? { url } : undefined);
        return;
    }
  }
  world.resumed = true;
  perform().then(
    () => {
      isAnswered = true;
      world.callers -= 1;
    },
    (error: unknown) => {
      if (!(error instanceof PieceworkError)) world.rules.handlerFailed(process, error);
      world.trace(process.name, `gets ${error instanceof PieceworkError ? error.code : String(error)}`);
      goOn();
    },
  );
}

/** The schedule: looks at whatever is marked, as long as something is. */
export function startSchedule(world: World): void {
  const { tickMs } = world.scenario;
  let ticks = 0;
  const tick = () => {
    world.rules.checkTime();
    if (world.isSettled()) return;
    const process = new SimProcess(world, 'tick', () => {});
    const ports = simPorts(world, process);
    let isOver = false;
    world.after(world.times.finalizerTimeoutMs, () => {
      if (!isOver) process.kill('it takes too long');
    });
    async function lookAtAll(): Promise<void> {
      for await (const active of activeTransfers(ports)) await lookAt(active);
      if (ticks % world.times.ticksPerSweep !== 0) return;
      for await (const forgotten of unmarkedSealed(ports)) {
        world.reach('sealed source without a marker');
        await lookAt(forgotten);
      }
    }
    async function lookAt(active: ActiveTransfer): Promise<void> {
      try {
        await reconcile(ports, active, { now: false }, process.signal);
      } catch (error) {
        world.rules.handlerFailed(process, error);
      }
    }
    ticks += 1;
    world.resumed = true;
    lookAtAll().then(
      () => {
        isOver = true;
      },
      (error: unknown) => {
        isOver = true;
        world.rules.handlerFailed(process, error);
      },
    );
    world.after(tickMs, tick);
  };
  world.after(tickMs, tick);
}
