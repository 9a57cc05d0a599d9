import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppProps } from 'aws-cdk-lib';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll } from 'vitest';
import { Piecework } from '../../cdk/piecework.ts';
import type { PieceworkProps } from '../../cdk/props/props.ts';

/** A template's resource, as far as tests look. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, never>>;
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Of this test file's apps: left to itself, each makes a folder of its own that stays. */
const outdirs = mkdtempSync(join(tmpdir(), 'piecework-apps-'));
afterAll(() => rmSync(outdirs, { recursive: true, force: true }));

export function testApp(props: AppProps = {}): App {
  return new App({ outdir: mkdtempSync(join(outdirs, 'app-')), ...props });
}

/** A stack with one Piecework in it, to a bucket named `target` under `in/` unless said otherwise. */
export function pieceworkStack(props: (stack: Stack) => Partial<PieceworkProps> = () => ({}), app = testApp()): Stack {
  const stack = new Stack(app, 'Test');
  new Piecework(stack, 'Piecework', {
    destinations: [{ bucket: Bucket.fromBucketName(stack, 'Target', 'target'), prefix: 'in/' }],
    ...props(stack),
  });
  return stack;
}

export function templateOf(stack: Stack): Template {
  return Template.fromStack(stack);
}

export function resourcesOf(template: Template, type: string): readonly (readonly [id: string, resource: Resource])[] {
  return Object.entries(template.findResources(type)) as unknown as [string, Resource][];
}

/** The statements of one stage's own policy. */
export function statementsOf(template: Template, stage: string): readonly Statement[] {
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith(`Piecework${stage}Stage`));
  return policies.flatMap(
    ([, { Properties }]) =>
      (Properties as unknown as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
  );
}

/** References as `Ref` or `Att` of the logical id without its hash, so that expectations can be read. */
export function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(readable).join(', ')}]`;
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(Object(value) as Record<string, unknown>);
  const short = (id: unknown) => String(id).replace(/[0-9A-F]{8}$/, '');
  switch (intrinsic) {
    case 'Ref':
      return `{${short(argument)}}`;
    case 'Fn::GetAtt':
      return `{${short((argument as string[])[0])}}`;
    case 'Fn::Join':
      return ((argument as [string, unknown[]])[1] ?? [])
        .map(readable)
        .join('')
        .replace(/\{AWS::Partition\}/g, 'aws');
    default:
      return JSON.stringify(value);
  }
}

/** `Allow s3:GetObject on …`, one line for each action and resource, sorted. */
export function rights(statements: readonly Statement[]): readonly string[] {
  const lines = statements.flatMap(({ Effect, Action, Resource, Condition }) =>
    [Action]
      .flat()
      .flatMap((action) =>
        [Resource]
          .flat()
          .map(
            (resource) =>
              `${Effect} ${String(action)} on ${readable(resource)}${Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`}`,
          ),
      ),
  );
  return [...new Set(lines)].sort();
}
