import type { TickHome } from '../../lib/aws/messages/tick-home.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';

/** What a tick needs of its home, on these ports: a tick that fails throws. */
export function tickHome(ports: Ports, over: Partial<TickHome> = {}): TickHome {
  return {
    ports,
    measure() {},
    tickFailed(about, error) {
      throw new Error(`a tick failed: ${JSON.stringify(about)}`, { cause: error });
    },
    deadLetters: {},
    letterDropped() {},
    flush() {},
    ...over,
  };
}
