import { expect, test } from 'vitest';
import { redactUrl } from '../../lib/errors/redact.ts';

test.each([
  ['https://u:CANARY@host/a?sig=CANARY#CANARY', 'https://***@host/a?sig=***'],
  ['https://host/a?CANARY', 'https://host/a?***'],
  ['https://host/a?CANARY=', 'https://host/a?***'],
  ['https://host/a?x=1&CANARY', 'https://host/a?x=***&***'],
  ['https://host/a', 'https://host/a'],
])('%s is shown as %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});
