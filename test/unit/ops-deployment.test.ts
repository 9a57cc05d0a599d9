import { expect, test } from 'vitest';
import type { StackView } from '../../lib/aws/ops/deployment/deployment.ts';
import { deploymentOf } from '../../lib/aws/ops/deployment/deployment.ts';
import { opsStack } from '../support/ops-stack.ts';

const stack = (...constructs: readonly string[]): StackView => {
  const parts = constructs.map((name) => opsStack(name));
  return {
    name: 'Files',
    status: 'UPDATE_COMPLETE',
    outputs: Object.assign({}, ...parts.map(({ outputs }) => outputs)) as Record<string, string>,
    resources: parts.flatMap(({ resources }) => resources),
  };
};

test('of several deployments in one stack the one that is named is found, and no other’s parts', () => {
  const found = deploymentOf(stack('Images', 'Backups'), 'Backups');
  expect(found).toMatchObject({
    name: 'Files/Backups',
    recordsBucket: 'backups-records',
    scheduleRule: 'Backups-tick',
  });
  expect(found.functions.planner).toBe('Backups-planner');
  expect(found.eventSources).toHaveLength(5);
  expect(() => deploymentOf(stack('Images', 'Backups'))).toThrow(
    /say which deployment .* is meant: --stack Files\/Images, --stack Files\/Backups/,
  );
});

test('a stack without one, and one that lacks a part, are refused by name', () => {
  expect(() => deploymentOf(stack())).toThrow('the stack "Files" has no output …RecordsBucket');
  const whole = stack('Piecework');
  const lacking = { ...whole, resources: whole.resources.filter(({ type }) => type !== 'AWS::Events::Rule') };
  expect(() => deploymentOf(lacking)).toThrow('lacks a resource PieceworkTick… of AWS::Events::Rule');
});

test('one of an earlier version, which has no queue of streams, is found without it', () => {
  const { outputs, ...rest } = opsStack();
  const earlier = Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.includes('Streams')));
  const { queueUrls } = deploymentOf({ ...rest, outputs: earlier });
  expect(queueUrls).not.toHaveProperty('streams');
  expect(queueUrls).toHaveProperty('plansDead');
});
