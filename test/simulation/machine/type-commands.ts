import { PieceworkError } from '../../../lib/errors/error.ts';
import type { Local } from '../../../lib/local/api.ts';
import { localOf } from '../../../lib/local/open.ts';
import type { TransferRecord } from '../../../lib/transfer/record/record.ts';
import { isOver } from '../../../lib/transfer/record/record.ts';
import { identityOf } from '../../support/places.ts';
import type { Act, Order } from '../scenario.ts';
import { MINUTE_MS, SECOND_MS } from '../times.ts';
import type { World } from '../world.ts';
import { Command } from './command.ts';
import type { Locks } from './machine-home.ts';
import { machineHome } from './machine-home.ts';

/**
 * Who works on one machine: types `copy`, `retry` and `cancel` as the orders say, the same again where a command was
 * killed or stopped or left its transfer open, and `clean` at the end. Nothing else comes by.
 */
export function typeCommands(world: World): void {
  const machine: Machine = { world, locks: new Map(), atWork: new Set() };
  for (const [index, order] of world.scenario.orders.entries()) {
    for (const act of order.acts) {
      const type = () => typeCommand(machine, `${VERBS[act.kind]}-${index}`, commandOf(world, order, act), order);
      if (act.on === undefined) world.after(act.atMs, type);
      else world.rules.onStatus(order, act.on, () => later(world, act.atMs, type));
    }
  }
  watch(machine);
}

interface Machine {
  readonly world: World;
  readonly locks: Locks;
  readonly atWork: Set<Command>;
}

/** Resolves when the command has come to its end. */
type Work = (local: Local, signal: AbortSignal) => Promise<unknown>;

/** What may keep a command from cleaning up. */
const UNTIDY_FAULTS = ['kill', 'stop', 'storeRefused', 'storeBusy', 'storeLost'] as const;

const VERBS = { submit: 'copy', retry: 'retry', cancel: 'cancel' } as const;

function commandOf(world: World, order: Order, { kind }: Act): Work {
  const source = { url: order.origin.url };
  const ofLast = (work: (id: string) => Promise<unknown>) => {
    const last = lastOf(world, order);
    return last === undefined ? Promise.resolve() : work(last.id);
  };
  switch (kind) {
    case 'submit':
      return (local, signal) => {
        const { options, target } = order;
        return local.copy({ source, destination: JSON.stringify(target), options }, signal);
      };
    case 'retry':
      // The source's secrets are in no record: it is always given again.
      return (local, signal) => ofLast((id) => local.retry(id, { source }, signal));
    case 'cancel':
      return (local, signal) => ofLast((id) => local.cancel(id, signal));
  }
}

function lastOf(world: World, { target }: Order): TransferRecord | undefined {
  return world.records.transfers().findLast((record) => identityOf(record.request.destination) === identityOf(target));
}

function later(world: World, delayMs: number, type: () => void): void {
  world.callers += 1;
  world.after(delayMs, () => {
    world.callers -= 1;
    type();
  });
}

function typeCommand(machine: Machine, name: string, work: Work, order?: Order): void {
  const { world, locks, atWork } = machine;
  // No sooner than what a killed process had on its way has landed.
  const again = () =>
    later(world, world.chance.between(10 * SECOND_MS, 3 * MINUTE_MS), () => typeCommand(machine, name, work, order));
  const leave = () => {
    if (atWork.delete(command)) world.callers -= 1;
  };
  const command = new Command(world, name, () => {
    leave();
    again();
  });
  atWork.add(command);
  world.callers += 1;
  world.resumed = true;
  const local = localOf(machineHome(world, command, locks));
  const end = () => {
    leave();
    if (order !== undefined) checkLeft(machine, name, order);
  };
  work(local, command.signal).then(end, (error: unknown) => {
    if (!(error instanceof PieceworkError)) world.rules.handlerFailed(command, error);
    const code = error instanceof PieceworkError ? error.code : String(error);
    world.trace(name, `ends: ${code}`);
    if (code === 'Internal') world.broke(`a defect: ${error instanceof Error ? error.message : code}`);
    if (command.signal.aborted) {
      command.kill('it stopped as it was asked to');
      return;
    }
    end();
    if (order !== undefined && code !== 'DestinationLocked' && isUnfinished(world, order)) again();
  });
}

/** A command leaves no upload of a transfer that is over and not held, if it was let go on and the store obeyed. */
function checkLeft({ world, locks }: Machine, name: string, order: Order): void {
  const last = lastOf(world, order);
  const isAtWork = locks.get(identityOf(order.target))?.isAlive === true;
  if (last === undefined || isAtWork || (last.status !== 'completed' && last.status !== 'cancelled')) return;
  const { rates } = world.scenario;
  if (last.toAbort.length > 0 && UNTIDY_FAULTS.every((kind) => rates[kind] === undefined))
    world.broke(`${name} has ended, and ${last.id} (${last.status}) leaves an upload to abort`);
}

/** A command that met a refusal before or after its work leaves a transfer that the next one goes on with. */
function isUnfinished(world: World, order: Order): boolean {
  const last = lastOf(world, order);
  // It may have given up one for another, and not come to begin that.
  if (last === undefined || last.status === 'cancelled') return order.mustComplete;
  return !isOver(last);
}

/** Looks on, and types `clean` when all is done that was to be. */
function watch(machine: Machine): void {
  const { world, atWork } = machine;
  for (const command of atWork) command.checkWork();
  world.rules.checkTime();
  if (world.isSettled()) return;
  if (world.callers === 0 && world.areActsOver())
    typeCommand(machine, 'clean', (local, signal) => local.clean({}, signal));
  world.after(MINUTE_MS, () => watch(machine));
}
