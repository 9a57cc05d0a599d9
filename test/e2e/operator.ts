import { DisableRuleCommand, EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { DeleteRolePolicyCommand, IAMClient, ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { sendResource } from '../support/origin-resource.ts';
import { operatorEnvironment } from './operator-user.ts';
import { clientOf } from './pipeline.ts';
import { cloud, here, MIB, origin, pipeline, STACK, serve } from './suite.ts';
import { typeOps } from './type-ops.ts';

// `piecework ops`, as an operator types it, on the deployed stack.

const ops = (...args: readonly string[]) => typeOps(operator, STACK, ...args);

let operator: Readonly<Record<string, string>> = {};

const PATIENCE = { timeout: 120_000, interval: 500 };

describe.runIf(here)('the operator', () => {
  beforeAll(async () => {
    const buckets = { records: pipeline.output('RecordsBucket'), destinations: 'piecework-e2e*' };
    operator = await operatorEnvironment(cloud, clientOf(cloud), STACK, buckets);
  });

  test('doctor: nothing is broken of a deployment that works, and nothing is hidden from who has the rights', async () => {
    const { exit, stdout } = await ops('doctor', '--json');
    const { counts, findings } = JSON.parse(stdout) as {
      counts: Record<string, number>;
      findings: { state: string; check: string; what: string }[];
    };
    expect(findings.filter(({ state }) => state === 'broken')).toEqual([]);
    // One destination of the suite has no bucket.
    const unseen = findings.filter(({ state, what }) => state === 'unseen' && !what.includes('missing'));
    expect(unseen).toEqual([]);
    // LocalStack's simulation of policies knows no prefixes.
    const absent = findings.filter(({ state }) => state === 'absent').map(({ check }) => check);
    expect(absent).toEqual(cloud.kind === 'localstack' ? ['rights'] : []);
    expect([exit, counts['broken']]).toEqual([0, 0]);
  });

  test('doctor: a schedule that was switched off is broken, and resume mends it', async () => {
    const events = new EventBridgeClient(clientOf(cloud));
    const { Rules = [] } = await events.send(new ListRulesCommand({}));
    const Name = Rules.map((rule) => rule.Name ?? '').find(
      (name) => name.startsWith(`${STACK}-`) && name.includes('Tick'),
    );
    await events.send(new DisableRuleCommand({ Name }));
    const found = await ops('doctor');
    expect(found.stdout).toMatch(/^BROKEN {4}schedule: it is off, so no tick runs\n {10}do: piecework ops resume/m);
    expect(found).toMatchObject({ exit: 8, stderr: expect.stringContaining('docs/runbook.md') });
    const asJson = await ops('doctor', '--json');
    expect(JSON.parse(asJson.stdout)).toMatchObject({ type: 'result', counts: { broken: 1 } });
    expect(asJson.exit).toBe(8);
    expect(await ops('resume')).toMatchObject({ exit: 0 });
    expect(await ops('doctor')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('schedule: a tick each minute'),
    });
  });

  test.runIf((process.env['STAND_IN'] ?? 'ministack') === 'ministack')(
    'doctor: a right that was taken from a role is named',
    async () => {
      const iam = new IAMClient(clientOf(cloud));
      const { Roles = [] } = await iam.send(new ListRolesCommand({}));
      const RoleName = Roles.map((role) => role.RoleName ?? '').find((name) => name.includes('FetcherStage'));
      const PolicyName = 'taken';
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Action: 's3:PutObject', Resource: `arn:aws:s3:::${pipeline.buckets.target}/*` }],
      });
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
      const found = await ops('doctor');
      await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
      expect(found.stdout).toContain(
        `rights: the fetcher has no s3:PutObject on arn:aws:s3:::${pipeline.buckets.target}/`,
      );
      expect(found.stdout).toContain('do: a policy denies it: mend that');
    },
  );

  test('pause: a submit is taken and waits, and the API says why; resume: it goes on', async () => {
    const source = serve('paused.bin', 12 * MIB);
    expect(await ops('pause', '--because', 'the source is being moved')).toMatchObject({ exit: 0 });
    const id = await pipeline.submit(source, 'paused.bin');
    const { body } = await pipeline.call('GET', '/v1/service');
    expect(body).toMatchObject({ paused: true, pausedBecause: 'the source is being moved' });
    expect(await pipeline.waiting('Plans')).toBe(1);
    expect(await pipeline.status(id)).toMatchObject({ status: 'accepted' });
    const drained = await ops('drain', '--timeout', '1s', '--json');
    expect(drained.stdout).toContain('"isPaused":true');
    expect(drained.exit).toBe(8);
    expect(await ops('resume')).toMatchObject({ exit: 0, stdout: expect.stringContaining('goes on') });
    await pipeline.until(id, 'completed');
    expect((await pipeline.call('GET', '/v1/service')).body).not.toHaveProperty('paused');
    await pipeline.prove('paused.bin', 12 * MIB);
  });

  test('drain: waits for what is under way', async () => {
    const { promise: isDrained, resolve: go } = Promise.withResolvers<void>();
    const resource = { size: 6 * MIB };
    const source = origin.serve('/drained.bin', async (request, response, logged) => {
      await isDrained;
      await sendResource(resource, request, response, logged);
    });
    const id = await pipeline.submit(source, 'drained.bin');
    const early = await ops('drain', '--timeout', '1s');
    expect(early).toMatchObject({ exit: 8, stderr: expect.stringMatching(/not everything is over: transfers: [1-9]/) });
    go();
    expect(await ops('drain', '--timeout', '8m')).toMatchObject({ exit: 0 });
    expect(await pipeline.status(id)).toMatchObject({ status: 'completed' });
  }, 600_000);

  test('replay: what is understood goes back and is worked on; what is not stays, and is named', async () => {
    const ended = await pipeline.submit(serve('ended.bin', MIB), 'ended.bin');
    await pipeline.until(ended, 'completed');
    await pipeline.send('Parked', { kind: 'tick', v: 1, transferId: ended });
    await pipeline.send('Parked', 'no JSON');
    const dry = await ops('replay', '--dry-run');
    expect(dry.stdout).toContain('1 message would be sent back, 1 stays');
    const replayed = await ops('replay');
    expect(replayed.stdout).toContain(`parked: tick of ${ended} back to results`);
    expect(replayed.stdout).toContain('stays: it is not JSON');
    expect(await pipeline.waiting('Parked')).toBe(1);
    await vi.waitFor(async () => expect(await pipeline.waiting('Results')).toBe(0), PATIENCE);
    await pipeline.empty('Parked');
  });

  test('the dead letters of a transfer that has ended go by themselves', async () => {
    const ended = await pipeline.submit(serve('dead.bin', MIB), 'dead.bin');
    await pipeline.until(ended, 'completed');
    await pipeline.send('PlansDead', { kind: 'plan', v: 1, transferId: ended });
    await pipeline.send('ResultsDead', { kind: 'tick', v: 1, transferId: ended });
    // The next tick comes within a minute.
    const left = async () => [await pipeline.waiting('PlansDead'), await pipeline.waiting('ResultsDead')];
    await vi.waitFor(async () => expect(await left()).toEqual([0, 0]), PATIENCE);
  });
});
