import { expect, test } from 'vitest';
import { VERSION } from '../../lib/values/version.ts';
import manifest from '../../package.json' with { type: 'json' };

test('the version that servers are given is the package’s', () => {
  expect(VERSION).toBe(manifest.version);
});
