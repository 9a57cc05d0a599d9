import type { OpenAPIHono } from '@hono/zod-openapi';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The OpenAPI 3.1 document, made from the schemas that also check the requests. */
export function openApiOf(app: Pick<OpenAPIHono, 'getOpenAPI31Document'>, version: string, basePath: string): Document {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Piecework',
      version,
      description: 'Moves any URL into object storage, piece by piece: whole, verified, or not at all.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    // A deployment asks for one of them, or has an authorizer of its own.
    security: [{ sigv4: [] }, { apiKey: [] }, {}],
  });
  return {
    ...document,
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
