import type { TickHome } from '../../lib/aws/tick/home.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';

/** What a tick needs of its home, on these ports: a tick that fails throws. */
export function tickHome(ports: Ports, over: Partial<TickHome> = {}): TickHome {
  return {
    ports,
    spans: {
      send() {
        throw new Error('there are few enough transfers for one tick');
      },
    },
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
