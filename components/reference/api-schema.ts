/**
 * JSON schemas of the OpenAPI document as rows that people read: one a field, with type, bounds and default. Pure, and
 * never trusts the depth of a schema: what goes further than the bounds is left out and said.
 */

export type Schema = Readonly<Record<string, unknown>>;

export type FieldRow = {
  /** `replies[].node`; empty for a value that is no object. */
  readonly name: string;
  readonly type: string;
  /** Name of a shape that is described once, for a link. */
  readonly shape: string | null;
  readonly required: boolean;
  readonly rules: string;
};

/** Fields of fields that are followed. */
export const FIELD_DEPTH_MAX = 5;
/** Rows of one table; more are counted in the last row. */
export const FIELD_ROWS_MAX = 300;

const REFERENCE = '#/components/schemas/';

export function record(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function words(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Name of the shape that a schema only points to. */
export function shapeOf(schema: Schema): string | null {
  const target = words(schema['$ref']);
  return target.startsWith(REFERENCE) ? target.slice(REFERENCE.length) : null;
}

function choicesOf(schema: Schema): readonly Schema[] {
  return [...list(schema['anyOf']), ...list(schema['oneOf'])].map(record);
}

/** The schema without `or null`, and whether there was one. */
export function withoutNull(schema: Schema): { readonly schema: Schema; readonly nullable: boolean } {
  const choices = choicesOf(schema);
  const others = choices.filter((choice) => choice['type'] !== 'null');
  const [only] = others;
  if (choices.length === 0 || others.length === choices.length) return { schema, nullable: false };
  return { schema: others.length === 1 && only !== undefined ? only : { anyOf: others }, nullable: true };
}

export function typeText(given: Schema): string {
  const { schema, nullable } = withoutNull(given);
  const text = plainType(schema);
  return nullable ? `${text} or null` : text;
}

function plainType(schema: Schema): string {
  const shape = shapeOf(schema);
  if (shape !== null) return shape;
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ');
  const choices = choicesOf(schema);
  if (choices.length > 0) return [...new Set(choices.map(typeText))].join(' | ');
  if (schema['type'] === 'array') return `list of ${typeText(record(schema['items']))}`;
  if (schema['type'] !== 'object') return words(schema['type']) || 'anything';
  const isMap = schema['properties'] === undefined && 'additionalProperties' in schema;
  return isMap ? `object of ${typeText(record(schema['additionalProperties']))}` : 'object';
}

/** Bounds, pattern and default, as far as they say something. */
export function rulesText(given: Schema): string {
  const { schema } = withoutNull(given);
  const rules = [
    bounds('characters', schema['minLength'], schema['maxLength']),
    bounds('elements', schema['minItems'], schema['maxItems']),
    bounds('', schema['minimum'], schema['maximum']),
    typeof schema['pattern'] === 'string' ? `matches ${schema['pattern']}` : '',
    'default' in given ? `default ${JSON.stringify(given['default'])}` : '',
  ];
  return rules.filter(Boolean).join('; ');
}

function bounds(unit: string, least: unknown, greatest: unknown): string {
  const min = typeof least === 'number' && least > -Number.MAX_SAFE_INTEGER && (unit === '' || least > 0);
  const max = typeof greatest === 'number' && greatest < Number.MAX_SAFE_INTEGER;
  const tail = unit === '' ? '' : ` ${unit}`;
  if (min && max) return `${least} to ${greatest}${tail}`;
  if (min) return `at least ${least}${tail}`;
  return max ? `at most ${greatest}${tail}` : '';
}

export function fieldRows(schema: Schema): readonly FieldRow[] {
  const rows: FieldRow[] = [];
  collect(rows, '', schema, true, 0);
  if (rows.length <= FIELD_ROWS_MAX) return rows;
  const more = rows.length - FIELD_ROWS_MAX;
  const last = { name: '…', type: `${more} more fields`, shape: null, required: false, rules: '' };
  return [...rows.slice(0, FIELD_ROWS_MAX), last];
}

function collect(rows: FieldRow[], name: string, given: Schema, required: boolean, depth: number): void {
  const { schema } = withoutNull(given);
  const items = schema['type'] === 'array' ? withoutNull(record(schema['items'])).schema : schema;
  const properties = Object.entries(record(items['properties']));
  const inside = properties.length > 0 && depth < FIELD_DEPTH_MAX;
  const shape = shapeOf(items);
  // An object without a name of its own is its fields.
  if (name !== '' || !inside)
    rows.push({ name, type: typeText(given), shape, required, rules: rulesText(given) });
  if (!inside) return;
  const needed = new Set(list(items['required']));
  const prefix = items === schema ? name : `${name}[]`;
  for (const [key, property] of properties) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    collect(rows, path, record(property), needed.has(key), depth + 1);
  }
}

/** A value that fits: the default, the first choice, or the shortest text. For examples. */
export function sampleOf(given: Schema, shapes: Schema, depth = 0): unknown {
  const { schema } = withoutNull(given);
  if ('default' in given) return given['default'];
  const shape = shapeOf(schema);
  if (depth > FIELD_DEPTH_MAX) return null;
  if (shape !== null) return sampleOf(record(shapes[shape]), shapes, depth + 1);
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const [first] = choicesOf(schema);
  if (first !== undefined) return sampleOf(first, shapes, depth + 1);
  switch (schema['type']) {
    case 'object':
      return sampleObject(schema, shapes, depth);
    case 'array':
      return Number(schema['minItems'] ?? 0) > 0
        ? [sampleOf(record(schema['items']), shapes, depth + 1)]
        : [];
    case 'integer':
    case 'number':
      return Math.max(Number(schema['minimum'] ?? 0), 0);
    case 'boolean':
      return false;
    default:
      return 'text'.padEnd(Number(schema['minLength'] ?? 0), '-');
  }
}

function sampleObject(schema: Schema, shapes: Schema, depth: number): Record<string, unknown> {
  const needed = new Set(list(schema['required']));
  const fields = Object.entries(record(schema['properties'])).filter(([key]) => needed.has(key));
  return Object.fromEntries(fields.map(([key, field]) => [key, sampleOf(record(field), shapes, depth + 1)]));
}
