import { expect, test } from 'vitest';
import { readEnvironment } from '../../lib/aws/environment.ts';
import type { Stage } from '../../lib/aws/names.ts';
import { ENV, STAGES } from '../../lib/aws/names.ts';
import { awsPolicy } from '../../lib/aws/policy.ts';
import { GOOD_VARIABLES } from '../support/aws-variables.ts';

const read = (stage: Stage, changes: Readonly<Record<string, string | undefined>> = {}) =>
  readEnvironment(stage, { ...GOOD_VARIABLES, ...changes });

function refusalOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('each stage reads what it needs', () => {
  for (const stage of STAGES)
    expect(read(stage)).toMatchObject({ stage, version: '1.2.3', recordsBucket: 'records', planTimeoutMs: 900_000 });
  expect(read('planner').destinations).toEqual([{ bucket: 'target', prefix: 'in/' }]);
  expect(read('fetcher').sources).toMatchObject({ privateHosts: ['10.0.0.1'], ports: [80, 443] });
});

test('whose transfers a caller may change and see is the API’s to know, and nothing else than owner or anyone', () => {
  expect(read('api').ownership).toEqual({ change: 'owner', read: 'anyone' });
  expect(read('planner').ownership).toBeUndefined();
  for (const ownership of [undefined, '{}', '"owner"', '{"change":"owner","read":"all"}'])
    expect(refusalOf(() => read('api', { [ENV.ownership]: ownership }))).toMatchObject({ code: 'InvalidConfig' });
});

test('API keys have names where the construct gave them some', () => {
  expect(read('api').apiKeyNames.size).toBe(0);
  const names = read('api', { [ENV.apiKeys]: '[{"id":"k1","name":"ingest"}]' }).apiKeyNames;
  expect([...names]).toEqual([['k1', 'ingest']]);
  for (const keys of ['{}', 'x', '[{"id":"k1"}]'])
    expect(refusalOf(() => read('api', { [ENV.apiKeys]: keys }))).toMatchObject({ code: 'InvalidConfig' });
});

test('it is traced where the construct says to where', () => {
  expect(read('planner').tracing).toBeUndefined();
  const tracing = { endpoint: 'http://localhost:4318', ratio: 0.5 };
  for (const stage of STAGES) expect(read(stage, { [ENV.tracing]: JSON.stringify(tracing) }).tracing).toEqual(tracing);
  for (const wrong of ['x', '{}', '{"endpoint":"localhost:4318","ratio":1}', '{"endpoint":"http://a","ratio":2}'])
    expect(refusalOf(() => read('api', { [ENV.tracing]: wrong }))).toMatchObject({ code: 'InvalidConfig' });
});

test('what a stage does not need it does not miss, and does not see', () => {
  expect(read('finalizer', { [ENV.sources]: undefined }).sources).toBeUndefined();
  expect(read('fetcher').eventBus).toBeUndefined();
  expect(read('fetcher').queueUrls.plans).toBeUndefined();
});

test('everything that is wrong is named at once', () => {
  const error = refusalOf(() =>
    read('planner', {
      [ENV.recordsBucket]: undefined,
      [ENV.plansQueueUrl]: 'plans',
      [ENV.destinations]: '[]',
      [ENV.sources]: '{"ports":"all"}',
      [ENV.hostConnections]: '0',
      [ENV.lateSeconds]: '5 minutes',
    }),
  );
  expect(error).toMatchObject({ name: 'PieceworkError', code: 'InvalidConfig' });
  for (const name of [
    ENV.recordsBucket,
    ENV.plansQueueUrl,
    ENV.destinations,
    ENV.sources,
    ENV.hostConnections,
    ENV.lateSeconds,
  ]) {
    expect(String(error)).toContain(name);
  }
  expect(String(error)).toMatch(/planner function can't start/);
});

test('two stages can’t share a queue', () => {
  expect(() => read('finalizer', { [ENV.piecesQueueUrl]: GOOD_VARIABLES[ENV.resultsQueueUrl] })).toThrow(
    /two of the queue URLs are the same/,
  );
});

test('the protocol’s times follow from the time-outs', () => {
  const policy = awsPolicy(read('planner'));
  expect(policy.graceMs).toBe(5_000 + 900_000 + 300_000);
  expect(policy.deadCreateMs).toBe(policy.graceMs);
  expect(policy.decide.quietMs).toBe(240_000);
  expect(policy.plannerLifeMs).toBe(900_000);
  expect(policy.streamLifeMs).toBeLessThan(900_000 - 3_000);
  expect(awsPolicy(read('planner', { [ENV.pieceTimeoutSeconds]: '20' })).decide.quietMs).toBe(120_000);
});

test('only the finalizer cleans up; the others tell it to', () => {
  expect(STAGES.filter((stage) => awsPolicy(read(stage)).settlesElsewhere !== true)).toEqual(['finalizer']);
});
