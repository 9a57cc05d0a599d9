import type { AwsHome } from '../home.ts';
import { tracedPorts } from './traced-ports.ts';
import type { Tracing } from './tracing.ts';

/** A function's view of the world, with its spans sent where the deployment asks for traces. */
export async function tracedHome(
  home: AwsHome,
  open: (home: Pick<AwsHome, 'environment' | 'log'>) => Promise<Tracing | undefined>,
): Promise<AwsHome> {
  const tracing = await open(home);
  return tracing === undefined ? home : { ...home, tracing, ports: tracedPorts(home.ports, tracing) };
}
