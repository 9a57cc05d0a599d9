import { vi } from 'vitest';

/** Sets variables of the environment until the test is over. */
export function stubVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}
