import { ALWAYS } from '../../lib/api/document/describe.ts';
import type { Machine } from '../../lib/api/service/machine.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { apiBench } from './api-bench.ts';
import { MadeTables } from './made-tables.ts';

// The tables of docs/api.md, made from the OpenAPI document that the API serves.
// `node test/support/api-rows.ts` writes them anew; a test says when that is needed.

const DOCS = new MadeTables('docs/api.md', 'test/support/api-rows.ts');

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Of a home that has everything: what a machine alone has stands in it, too. */
export async function openApi(): Promise<OpenApi> {
  const feed = { open: () => new ReadableStream<Uint8Array>() };
  return (await (
    await apiBench({ feed, hosts: async () => ({ hosts: [] }), machine: {} as Machine }).get('/v1/openapi.json')
  ).json()) as OpenApi;
}

/** What stands between the markers, by name. */
export async function apiTables(): Promise<Readonly<Record<string, string>>> {
  const document = await openApi();
  return {
    paths: table(
      ['Request', 'What it does', 'Answers'],
      operations(document).map(({ name, operation }) => [
        `\`${name}\``,
        operation.summary,
        Object.keys(operation.responses)
          .filter((status) => !ALWAYS.some((always) => String(always) === status))
          .join(', '),
      ]),
    ),
    parameters: table(['Request', 'Parameter', 'Value', 'What it means'], parameterRows(document)),
    submit: table(
      ['Field', 'Value', 'What it means'],
      fields(document, document.components.schemas['SubmitRequest'] ?? {}),
    ),
    batchSubmit: table(
      ['Field', 'Value', 'What it means'],
      fields(document, document.components.schemas['SubmitBatchRequest'] ?? {}).filter(
        ([field = '']) => !isOfSource(field),
      ),
    ),
    batch: table(
      ['Field', 'Value', 'What it means'],
      fields(document, document.components.schemas['BatchDetail'] ?? {}),
    ),
    dryRun: table(
      ['Field', 'Value', 'What it means'],
      fields(document, document.components.schemas['DryRun'] ?? {}).filter(([field = '']) => !isOfTransfer(field)),
    ),
    hosts: table(['Field', 'Value', 'What it means'], fields(document, document.components.schemas['Hosts'] ?? {})),
    service: table(['Field', 'Value', 'What it means'], fields(document, document.components.schemas['Service'] ?? {})),
    transfer: table(
      ['Field', 'Value', 'What it means'],
      fields(document, document.components.schemas['TransferDetail'] ?? {}),
    ),
  };
}

/** What is said of every source stands in the table of transfers. */
function isOfSource(field: string): boolean {
  return /^`(source|object|list)\./.test(field) && !/^`list\.(url|reading)/.test(field);
}

/** What the answer of a dry run has in common with that of a transfer. */
function isOfTransfer(field: string): boolean {
  return /^[*]*`(source|snapshot|destination|plan)\./.test(field);
}

function operations({ paths }: OpenApi): readonly { readonly name: string; readonly operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
}

function parameterRows(document: OpenApi): readonly string[][] {
  return operations(document).flatMap(({ name, operation }) =>
    (operation.parameters ?? [])
      .filter((one) => one.in !== 'path')
      .map((one) => [
        `\`${name}\``,
        `\`${one.name}\`${one.in === 'header' ? ' (header)' : ''}`,
        valueText(document, one.schema),
        meaning(one.schema),
      ]),
  );
}

/** Fields of an object and of the objects in it, `a.b`; those that must be there are bold. */
function fields(document: OpenApi, schema: Schema, before = ''): string[][] {
  const object = resolve(document, schema);
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) => {
    const path = `${before}${name}`;
    const must = object.required?.includes(name) === true;
    const inner = resolve(document, field);
    const either = inner.anyOf?.map((one) => resolve(document, one)) ?? [];
    const objects = either.filter(({ properties }) => properties !== undefined);
    const asObject = objects.length === 1 ? (objects[0] ?? inner) : inner;
    const nested = inner.type === 'array' ? resolve(document, inner.items ?? {}) : asObject;
    const row = [
      must ? `**\`${path}\`**` : `\`${path}\``,
      valueText(document, field),
      meaning(field) || meaning(inner) || either.map(meaning).join(' ').trim(),
    ];
    const below =
      nested.properties === undefined ? [] : fields(document, nested, `${path}${inner.type === 'array' ? '[]' : ''}.`);
    return [row, ...below];
  });
}

function resolve(document: OpenApi, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return resolve(document, document.components.schemas[name] ?? {});
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map((part) => resolve(document, part));
  const { allOf: _, ...own } = schema;
  return Object.assign({}, ...parts, own, {
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  }) as Schema;
}

function valueText(document: OpenApi, schema: Schema): string {
  const {
    type,
    enum: choices,
    oneOf,
    anyOf,
    items,
    additionalProperties,
    minimum,
    maximum,
  } = resolve(document, schema);
  if (schema.$ref?.endsWith('/ErrorCode') === true) return 'a code';
  if (oneOf !== undefined) return oneOf.map((one) => shape(document, one)).join(' or ');
  if (anyOf !== undefined) return [...new Set(anyOf.map((one) => resolve(document, one).type))].join(' or ');
  if (choices !== undefined) return choices.map((one) => `\`${one}\``).join(', ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${resolve(document, items).type ?? 'values'}s`;
  if (type === 'object' && typeof additionalProperties === 'object') return 'object of names and values';
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    return `${type}, ${minimum} to ${maximum}`;
  return type ?? '';
}

/** `{kind: "basic", user, password}`. */
function shape(document: OpenApi, schema: Schema): string {
  const parts = Object.entries(resolve(document, schema).properties ?? {}).map(([name, field]) =>
    field.enum?.length === 1 ? `${name}: "${field.enum[0]}"` : name,
  );
  return `\`{${parts.join(', ')}}\``;
}

function meaning({ description = '', default: fallback }: Schema): string {
  return [description, ...(fallback === undefined ? [] : [`Default: ${String(fallback)}.`])].join(' ').trim();
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => (cell === '' ? '–' : cell.replaceAll('|', '\\|'))).join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

export function apiDocs(): string {
  return DOCS.text;
}

/** The tables as they stand in the docs. */
export function documentedTables(): Readonly<Record<string, string>> {
  return DOCS.read();
}

/** Codes by the status that they are answered with, as docs/api.md names them. */
export function documentedCodes(): readonly { readonly status: number; readonly code: ErrorCode }[] {
  return [...apiDocs().matchAll(/^\| (\d{3}) +\| ([^|]+) \|/gm)].flatMap(([, status, codes = '']) =>
    [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => ({ status: Number(status), code: code as ErrorCode })),
  );
}

if (import.meta.main) DOCS.write(await apiTables());
