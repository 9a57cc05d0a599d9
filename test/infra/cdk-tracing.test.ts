import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';
import type { Resource } from './cdk-template.ts';
import { pieceworkStack, templateOf } from './cdk-template.ts';

const LAYER = 'arn:aws:lambda:eu-central-1:901920570463:layer:collector:1';

function functionsOf(props: Parameters<typeof pieceworkStack>[0]) {
  const all = Object.values(templateOf(pieceworkStack(props)).toJSON()['Resources'] as Record<string, Resource>);
  return all
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => JSON.parse(JSON.stringify(Properties)) as Traced)
    .filter(({ Description }) => Description?.startsWith('Piecework: ') === true);
}

interface Traced {
  readonly Description?: string;
  readonly Layers?: readonly string[];
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}

test('nothing is traced by default', () => {
  for (const { Environment, Layers } of functionsOf(() => ({}))) {
    expect(Environment.Variables).not.toHaveProperty('PIECEWORK_TRACING');
    expect(Layers).toBeUndefined();
  }
});

test('each stage knows where spans go, and has the collector beside it', () => {
  const traced = functionsOf((stack) => ({
    webhooks: true,
    secretPrefixes: ['piecework/'],
    tracing: { ratio: 0.1, layer: LayerVersion.fromLayerVersionArn(stack, 'Collector', LAYER) },
  })).filter(({ Layers }) => Layers?.includes(LAYER) === true);
  expect(traced).toHaveLength(4);
  for (const { Environment } of traced)
    expect(JSON.parse(String(Environment.Variables['PIECEWORK_TRACING']))).toEqual({
      endpoint: 'http://localhost:4318',
      ratio: 0.1,
    });
});
