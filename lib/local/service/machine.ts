import type { Machine } from '../../api/service/machine.ts';
import { toIso } from '../../values/time.ts';
import type { Home } from '../home/home.ts';
import type { Background } from './background.ts';

/** What the API says of this machine. */
export function machineOf(home: Home, work: Background): Machine {
  const startedAt = toIso(home.clock.now());
  return {
    features: [],
    look: () => ({
      startedAt,
      paused: false,
      counts: { running: work.runningCount, waiting: work.count - work.runningCount, paused: 0 },
      limits: home.limits,
    }),
  };
}
