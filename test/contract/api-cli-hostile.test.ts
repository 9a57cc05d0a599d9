import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { deploymentWorld } from '../support/deployment-world.ts';

const OTHER = '01JZ8R00000000000000000000';

describe('a hostile deployment', () => {
  const id = '01JZ\u001b]0;x\u0007\u009b31m\u202egnol\u2028\r\nforged';
  const transfer = {
    id,
    status: 'failed\u001b[2J',
    run: 1,
    source: { url: 'https://h/\u0085\u202e', withheld: false },
    destination: { kind: 's3', bucket: 'b', key: 'a\u202e\u0085\u2028k' },
    createdAt: 'then\u0007',
    reason: { code: 'Internal', message: 'no\u001b[2J\r\nforged' },
    links: {},
    progress: { percent: 5, doneBytes: 1 },
  };
  const problem = { code: 'Conflict', detail: `no ${id}`, errors: [{ pointer: id, detail: id }] };

  it.each<readonly [string, readonly string[], readonly { readonly status: number; readonly body: object }[]]>([
    ['list', ['list'], [{ status: 200, body: { transfers: [transfer] } }]],
    ['status', ['status', OTHER], [{ status: 200, body: transfer }]],
    ['a short id', ['status', '01JZ'], [{ status: 200, body: { transfers: [transfer, transfer] } }]],
    ['cancel', ['cancel', OTHER], [{ status: 202, body: transfer }]],
    [
      'retry',
      ['retry', OTHER],
      [
        { status: 200, body: transfer },
        { status: 202, body: transfer },
      ],
    ],
    ['submit', ['submit', 'https://h/f', 's3://b/k'], [{ status: 202, body: transfer }]],
    ['watch', ['status', OTHER, '--watch'], [{ status: 200, body: transfer }]],
    ['a refusal', ['cancel', OTHER], [{ status: 409, body: problem }]],
  ])('moves no cursor, forges no line: %s', async (_name, args, answers) => {
    for (const mode of [[], ['--json'], ['--verbose']]) {
      await using here = await deploymentWorld();
      const headers = { 'content-type': 'application/json' };
      here.served.instead.push(...answers.map(({ status, body }) => ({ status, headers, body: JSON.stringify(body) })));
      await run([...args, ...mode], here.context);
      const text = here.context.stdout.text + here.context.stderr.text;
      expect(text).toContain('01JZ');
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]|^forged/mu);
      expect(here.served.instead).toEqual([]);
    }
  });
});
