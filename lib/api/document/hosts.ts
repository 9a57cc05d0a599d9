import { hostsRoute } from '../hosts/routes.ts';
import { hostsSchema } from '../schemas/hosts.ts';
import { describe, json, problems } from './describe.ts';

export const HOSTS = [
  describe(hostsRoute, {
    operationId: 'listHosts',
    summary: 'What was learned of the hosts of sources (a machine only)',
    description: 'By name: connections, patience, speed, failures by their code.',
    responses: { 200: json(hostsSchema, 'As it is known.'), ...problems(403) },
  }),
] as const;
