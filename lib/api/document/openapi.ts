import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type * as z from 'zod';
import { PieceworkError } from '../../errors/error.ts';
import type { Route } from '../routing/route.ts';
import { BATCHES } from './batches.ts';
import type { Description } from './describe.ts';
import { EVENTS } from './events.ts';
import { HOSTS } from './hosts.ts';
import { SERVICE } from './service.ts';
import { TRANSFERS } from './transfers.ts';

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const DESCRIPTIONS: ReadonlyMap<Route, Description> = new Map([
  ...TRANSFERS,
  ...BATCHES,
  ...SERVICE,
  ...EVENTS,
  ...HOSTS,
]);

/** What the paths of the API are about, by what they begin with. */
const TAGS = [
  { name: 'batches', description: 'Many sources of one list, to one prefix or folder.' },
  { name: 'home', description: 'Where the transfers run: what it has, its limits, what happens in it.' },
  { name: 'transfers', description: 'One source to one destination.' },
] as const;

const [, HOME_TAG] = TAGS;

/**
 * The OpenAPI 3.1 document, made from the schemas that also check the requests.
 * @param served what it is about, in their order
 * @param basePath what stands before `/v1` in public
 */
export async function openApiOf(served: readonly Route[], version: string, basePath: string): Promise<Document> {
  const registry = new OpenAPIRegistry();
  for (const route of served) registry.registerPath(await configOf(route));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Piecework',
      version,
      description: 'Moves any URL into object storage, piece by piece: whole, verified, or not at all.',
      contact: { name: 'The operator of this deployment' },
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    tags: TAGS.map((tag) => ({ ...tag })),
    servers: [{ url: basePath === '' ? '/' : basePath }],
    // A deployment asks for one of them, or has an authorizer of its own.
    security: [{ sigv4: [] }, { apiKey: [] }, {}],
  });
  return {
    ...document,
    paths: withTags(document.paths),
    components: {
      ...document.components,
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service `execute-api`.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

async function configOf(route: Route): Promise<RouteConfig> {
  const said = DESCRIPTIONS.get(route);
  if (said === undefined) throw new PieceworkError('Internal', `${route.method} ${route.path} is not described`);
  const { bodyRequired = true, ...description } = said;
  const { method, path } = route;
  const { query, param, header, json } = await route.taken();
  return {
    method,
    path,
    ...description,
    request: {
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(param === undefined ? {} : { params: param }),
      ...(header === undefined ? {} : { headers: header }),
      ...(json === undefined
        ? {}
        : { body: { required: bodyRequired, content: { 'application/json': { schema: json } } } }),
    },
  };
}

function withTags(paths: Document['paths']): NonNullable<Document['paths']> {
  return Object.fromEntries(
    Object.entries(paths ?? {}).map(([path, operations]) => {
      const tag = TAGS.find(({ name }) => path.startsWith(`/v1/${name}`)) ?? HOME_TAG;
      const tagged = Object.entries(operations).map(([method, operation]) => [
        method,
        { ...(operation as object), tags: [tag.name] },
      ]);
      return [path, Object.fromEntries(tagged)];
    }),
  ) as NonNullable<Document['paths']>;
}
