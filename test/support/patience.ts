import { vi } from 'vitest';

// `vi.waitFor` gives up after a second, which a busy machine may need for anything. What never comes is still seen.

const GIVES_UP_AFTER_MS = 20_000;
const { waitFor } = vi;

vi.waitFor = (callback, options = {}) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: GIVES_UP_AFTER_MS, ...options });
