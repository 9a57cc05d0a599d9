import { describe, expect, it } from 'vitest';
import { httpStatusOf } from '../../lib/api/answers/problem.ts';
import { submitSchema } from '../../lib/api/schemas/request.ts';
import { isErrorCode } from '../../lib/errors/codes.ts';
import { apiDocs, apiTables, documentedCodes, documentedTables, openApi } from '../support/api-rows.ts';

describe('the OpenAPI document', () => {
  it('is of version 3.1, and complete in itself', async () => {
    const document = await openApi();
    expect(document.openapi).toBe('3.1.0');
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect([...references].filter((name) => document.components.schemas[name ?? ''] === undefined)).toEqual([]);
    expect(references.size).toBeGreaterThan(10);
    // What 3.0 had and 3.1 has not.
    expect(text).not.toContain('"nullable"');
  });

  it('names every path that there is, with its problems', async () => {
    const { paths } = await openApi();
    expect(
      Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)),
    ).toEqual([
      'post /v1/transfers',
      'get /v1/transfers',
      'get /v1/transfers/{id}',
      'patch /v1/transfers/{id}',
      'post /v1/transfers/{id}/cancel',
      'post /v1/transfers/{id}/retry',
      'post /v1/batches',
      'get /v1/batches',
      'get /v1/batches/{id}',
      'patch /v1/batches/{id}',
      'get /v1/batches/{id}/outcomes',
      'get /v1/batches/{id}/report',
      'post /v1/batches/{id}/cancel',
      'post /v1/batches/{id}/retry',
      'post /v1/batches/{id}/pause',
      'post /v1/batches/{id}/resume',
      'get /v1/service',
      'patch /v1/service',
      'post /v1/service/pause',
      'post /v1/service/resume',
      'post /v1/transfers/{id}/pause',
      'post /v1/transfers/{id}/resume',
      'get /v1/events',
      'get /v1/hosts',
      'get /v1/health',
    ]);
  });

  it('says that unknown fields are refused', async () => {
    const { components } = await openApi();
    for (const name of [
      'SubmitRequest',
      'Source',
      'SourceStore',
      'ObjectPlace',
      'ObjectSettings',
      'TransferOptions',
      'Expectations',
      'RetryRequest',
    ]) {
      expect(components.schemas[name]).toMatchObject({ additionalProperties: false });
    }
  });
});

describe('docs/api.md', () => {
  it('has the tables as the schemas have them (`node test/support/api-rows.ts` writes them)', async () => {
    expect(documentedTables()).toEqual(await apiTables());
  });

  it('gives codes the status that they are answered with', () => {
    const documented = documentedCodes();
    expect(documented.length).toBeGreaterThan(15);
    for (const { status, code } of documented) {
      expect(isErrorCode(code)).toBe(true);
      expect([code, httpStatusOf(code)]).toEqual([code, status]);
    }
  });

  it('shows bodies that the API takes', () => {
    const bodies = [
      ...apiDocs().matchAll(/"\$API\/v1\/transfers" [^']*'Content-Type: application\/json'[^']*-d '(\{[^']*\})'/g),
    ].map(([, json = '']) => JSON.parse(json));
    expect(bodies.length).toBe(1);
    for (const body of bodies) expect(submitSchema.safeParse(body).error).toBeUndefined();
  });
});
