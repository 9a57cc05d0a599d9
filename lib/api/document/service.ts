import { serviceSchema } from '../schemas/service.ts';
import { transferSchema } from '../schemas/transfer.ts';
import {
  arrangeRoute,
  limitRoute,
  pauseAllRoute,
  pauseRoute,
  resumeAllRoute,
  resumeRoute,
  serviceRoute,
} from '../service/routes.ts';
import { describe, json, problems } from './describe.ts';

export const SERVICE = [
  describe(serviceRoute, {
    operationId: 'getService',
    summary: 'Which home answers, and what it has',
    description: 'On a machine also how many transfers run and wait there, and its limits.',
    responses: { 200: json(serviceSchema, 'As it stands.'), ...problems(403) },
  }),
  describe(limitRoute, {
    operationId: 'limitService',
    summary: 'Change the limits',
    description:
      'They hold within a second, and over restarts. What runs, and what is open, stays so to its end; a rate holds for what is under way, too.',
    responses: { 200: json(serviceSchema, 'As it then is.'), ...problems(400, 403, 413) },
  }),
  describe(pauseAllRoute, {
    operationId: 'pauseService',
    summary: 'Pause all transfers',
    description: 'Pieces that are under way come to their end; nothing more is begun, also after a restart.',
    responses: { 200: json(serviceSchema, 'As it then is.'), ...problems(403) },
  }),
  describe(resumeAllRoute, {
    operationId: 'resumeService',
    summary: 'Go on with all but those that were paused one by one',
    description: 'What waits gets the places that are free, in the order of the queue.',
    responses: { 200: json(serviceSchema, 'As it then is.'), ...problems(403) },
  }),
  describe(pauseRoute, {
    operationId: 'pauseTransfer',
    summary: 'Pause a transfer',
    description:
      'Pieces that are under way come to their end, for up to 30 s; nothing more is begun before it is resumed, also after a restart.',
    responses: { 202: json(transferSchema, 'As it then is.'), ...problems(403, 404, 409) },
  }),
  describe(resumeRoute, {
    operationId: 'resumeTransfer',
    summary: 'Go on with a paused transfer',
    description: 'When its turn comes, with what is missing.',
    responses: { 202: json(transferSchema, 'As it then is.'), ...problems(403, 404, 409) },
  }),
  describe(arrangeRoute, {
    operationId: 'arrangeTransfer',
    summary: 'Change its place in the queue',
    description:
      'What runs keeps its place; what waits gets the next one that becomes free by priority, then by position.',
    responses: { 200: json(transferSchema, 'As it then is.'), ...problems(400, 403, 404, 409, 413) },
  }),
] as const;
