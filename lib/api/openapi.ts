import type { OpenAPIHono } from '@hono/zod-openapi';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** What the paths of the API are about, by what they begin with. */
const TAGS = [
  { name: 'batches', description: 'Many sources of one list, to one prefix or folder.' },
  { name: 'home', description: 'Where the transfers run: what it has, its limits, what happens in it.' },
  { name: 'transfers', description: 'One source to one destination.' },
] as const;

const [, HOME_TAG] = TAGS;

/** The OpenAPI 3.1 document, made from the schemas that also check the requests. */
export function openApiOf(app: Pick<OpenAPIHono, 'getOpenAPI31Document'>, version: string, basePath: string): Document {
  const document = app.getOpenAPI31Document({
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
