import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { Guard, GuardPolicy } from '../../lib/guard/guard.ts';
import { createGuard } from '../../lib/guard/guard.ts';

// Nothing here connects: URLs are only checked, names only resolved by what the test gives.

/** Answers as it is set up, and remembers what it was asked. */
export function resolver(answers: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const resolve = async (hostname: string): Promise<readonly LookupAddress[]> => {
    asked.push(hostname);
    return (answers[hostname] ?? []).map((address) => ({ address, family: isIP(address) }));
  };
  return { asked, resolve };
}

export function guardWith(answers: Readonly<Record<string, readonly string[]>>, policy: GuardPolicy = {}): Guard {
  return createGuard({ ...policy, resolve: resolver(answers).resolve });
}

/** As undici and Node call it. */
export function lookUp(guard: Guard, hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    guard.lookup(hostname, { all: true }, (error, found) =>
      error === null ? resolve(found as LookupAddress[]) : reject(error),
    );
  });
}
