/** The OpenAPI document as groups of routes that people read. Pure. */

import {
  type FieldRow,
  fieldRows,
  list,
  record,
  rulesText,
  type Schema,
  sampleOf,
  typeText,
  words,
} from './api-schema.ts';

export type ParameterRow = FieldRow & { readonly where: string };
export type ReplyView = {
  readonly status: string;
  readonly text: string;
  readonly fields: readonly FieldRow[];
};

export type RouteView = {
  readonly method: string;
  readonly path: string;
  readonly anchor: string;
  readonly summary: string;
  /** Roles that may call it; null where the document does not say. */
  readonly roles: readonly string[] | null;
  readonly access: Access;
  readonly parameters: readonly ParameterRow[];
  readonly body: readonly FieldRow[] | null;
  readonly replies: readonly ReplyView[];
  readonly curl: string | null;
};
/** `session`: people only. `both`: programs as well, by token. */
export type Access = 'anyone' | 'session' | 'both';

export type RouteGroup = {
  readonly tag: string;
  readonly description: string;
  readonly routes: readonly RouteView[];
};
export type ShapeView = { readonly name: string; readonly fields: readonly FieldRow[] };

export type ApiView = {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly groups: readonly RouteGroup[];
  readonly shapes: readonly ShapeView[];
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
/** In examples; a shell puts the token there. */
export const TOKEN_PLACEHOLDER = '$MUSTER_TOKEN';

/** @param origin where the gateway is. Undefined for something that is no OpenAPI document. */
export function readApi(value: unknown, origin: string): ApiView | undefined {
  const document = record(value);
  if (typeof document['openapi'] !== 'string') return undefined;
  const shapes = record(record(document['components'])['schemas']);
  const routes = Object.entries(record(document['paths'])).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const operation = record(record(methods)[method]);
      return operation['responses'] === undefined
        ? []
        : [
            {
              tag: words(list(operation['tags'])[0]),
              route: routeView(method, path, operation, shapes, origin),
            },
          ];
    }),
  );
  const tags = list(document['tags']).map(record);
  const named = tags.map((tag) => words(tag['name']));
  const unnamed = [...new Set(routes.map(({ tag }) => tag))].filter((tag) => !named.includes(tag));
  const info = record(document['info']);
  return {
    title: words(info['title']),
    version: words(info['version']),
    description: words(info['description']),
    groups: [...named, ...unnamed].flatMap((tag) => {
      const own = routes.filter((each) => each.tag === tag).map(({ route }) => route);
      const description = words(tags.find((each) => each['name'] === tag)?.['description']);
      return own.length === 0 ? [] : [{ tag, description, routes: own }];
    }),
    shapes: Object.entries(shapes).map(([name, schema]) => ({ name, fields: fieldRows(record(schema)) })),
  };
}

function routeView(
  method: string,
  path: string,
  operation: Schema,
  shapes: Schema,
  origin: string,
): RouteView {
  const body = bodyOf(operation);
  const access = accessOf(operation);
  const roles = operation['x-roles'];
  const parameters = list(operation['parameters']).map(record).map(parameterRow);
  return {
    method: method.toUpperCase(),
    path,
    anchor: `${method}-${path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '')}`.toLowerCase(),
    summary: words(operation['summary']),
    roles: Array.isArray(roles) ? roles.map(words) : null,
    access,
    parameters,
    body: body === null ? null : fieldRows(body),
    replies: Object.entries(record(operation['responses'])).map(([status, reply]) =>
      replyView(status, record(reply)),
    ),
    curl: access === 'session' ? null : curlOf({ method, path, operation, shapes, origin, access }),
  };
}

/** A list of alternatives; none of them, or an empty one, lets everybody in. */
function accessOf(operation: Schema): Access {
  const ways = list(operation['security']).map(record);
  if (ways.length === 0 || ways.some((way) => Object.keys(way).length === 0)) return 'anyone';
  return ways.some((way) => 'token' in way) ? 'both' : 'session';
}

function parameterRow(parameter: Schema): ParameterRow {
  const schema = record(parameter['schema']);
  return {
    name: words(parameter['name']),
    where: words(parameter['in']),
    type: typeText(schema),
    shape: null,
    required: parameter['required'] === true,
    rules: rulesText(schema),
  };
}

function bodyOf(operation: Schema): Schema | null {
  const content = record(record(operation['requestBody'])['content']);
  const schema = record(content['application/json'])['schema'];
  return schema === undefined ? null : record(schema);
}

function replyView(status: string, reply: Schema): ReplyView {
  const [type, content] = Object.entries(record(reply['content']))[0] ?? [];
  const schema = record(content)['schema'];
  const text = words(reply['description']);
  const isJson = type === undefined || type === 'application/json';
  return {
    status,
    text: isJson ? text : `${text} (${type})`,
    fields: schema === undefined ? [] : fieldRows(record(schema)),
  };
}

type Example = {
  readonly method: string;
  readonly path: string;
  readonly operation: Schema;
  readonly shapes: Schema;
  readonly origin: string;
  readonly access: Access;
};

/** A command line for a shell: the address in single quotes, the token from the environment. */
export function curlOf({ method, path, operation, shapes, origin, access }: Example): string {
  const parameters = list(operation['parameters']).map(record);
  const required = (where: string): readonly Schema[] =>
    parameters.filter((each) => each['in'] === where && each['required'] === true);
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
  const query = required('query').map(
    (each) => `${words(each['name'])}=${words(each['name']).toUpperCase()}`,
  );
  const body = bodyOf(operation);
  const lines = [
    `curl -sS -X ${method.toUpperCase()} ${quoted(`${origin}${address}${query.length === 0 ? '' : `?${query.join('&')}`}`)}`,
    ...(access === 'both' ? [`-H "authorization: Bearer ${TOKEN_PLACEHOLDER}"`] : []),
    ...required('header').map((each) => headerExample(words(each['name']))),
    ...(body === null
      ? []
      : [`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(sampleOf(body, shapes)))}`]),
  ];
  return lines.join(' \\\n  ');
}

/** A key has to be new for every request, which only the shell can make it. */
function headerExample(name: string): string {
  return name === 'idempotency-key' ? `-H "${name}: $(uuidgen)"` : `-H ${quoted(`${name}: …`)}`;
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
