import { PieceworkError } from '../../../lib/errors/error.ts';
import { stated } from '../../../lib/values/stated.ts';
import { formatBytes } from '../../../lib/values/units.ts';
import { writeLine } from '../../output/lines.ts';
import { writeJson } from '../../output/reporters/json-reporter.ts';
import { facts } from '../../output/text.ts';
import type { Verb } from '../../verb.ts';
import { SERVER_EXTRAS, serverOf } from './server.ts';

export const limitsVerb: Verb = {
  name: 'limits',
  summary: 'show the limits of the server of this machine, or change them while it runs',
  description: 'What is changed holds within a second, and after a restart, unless the next start says something else.',
  arguments: [],
  settings: 'limits',
  extras: [
    { name: 'running', placeholder: 'N', help: 'transfers side by side' },
    { name: 'connections', placeholder: 'N', help: 'connections to sources in all' },
    { name: 'host-connections', placeholder: 'N', help: 'connections to one host' },
    {
      name: 'limit-rate',
      placeholder: 'RATE',
      help: 'bytes per second, a timetable of the time of the machine, or off',
    },
    ...SERVER_EXTRAS,
  ],
  examples: [
    { command: 'piecework limits', what: 'as they stand' },
    { command: 'piecework limits --limit-rate 8:00=10MiB,18:00=off', what: '10 MiB a second by day' },
    { command: 'piecework limits --running 4', what: 'four at a time' },
  ],
  async run(call) {
    const { context, settings, extras } = call;
    const limits = stated({
      running: numberOf('running', extras['running']),
      connections: numberOf('connections', extras['connections']),
      perHost: numberOf('host-connections', extras['host-connections']),
      limitRate: typeof extras['limit-rate'] === 'string' ? extras['limit-rate'] : undefined,
    });
    await using client = await serverOf(call);
    const { signal } = context;
    const isAsked = Object.keys(limits).length > 0;
    const service = isAsked ? await client.limit(limits, { signal }) : await client.service({ signal });
    if (settings.json === true) {
      writeJson(context.stdout, { type: 'result', home: client.url, service });
      return;
    }
    if (service.limits === undefined)
      throw new PieceworkError('InvalidOption', `${client.url} is a deployment, which has no such limits`);
    const { running, connections, perHost, limitRate, rateNowBytesPerSecond: now } = service.limits;
    const lines = facts([
      ['running', String(running)],
      ['connections', String(connections)],
      ['to one host', String(perHost)],
      ['rate', limitRate],
      ['rate now', now === undefined ? 'no limit' : `${formatBytes(now)}/s`],
    ]);
    for (const line of lines) writeLine(context.stdout, line);
  },
};

function numberOf(name: string, given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d{1,5}$/.test(String(given)) ? Number(given) : 0;
  if (value > 0) return value;
  throw new PieceworkError('InvalidOption', `--${name}: is to be a whole number from 1 on`);
}
