/** How an entry of an option table reads on the reference page. Pure; the shape is that of server/base/option-table.ts. */

export type ReferenceOption = {
  readonly name: string;
  readonly type: string;
  readonly array?: boolean;
  readonly default: string | readonly string[] | undefined;
  readonly unit: string | undefined;
  /** May change at run time. */
  readonly dynamic: boolean;
  /** Read, and nothing acts on it. */
  readonly kept?: boolean;
  readonly source: string;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
  readonly deprecated?: string;
  readonly aliasOf?: string;
};

export type ReferenceScope = {
  /** Names from the outside in; empty for the global scope. */
  readonly path: readonly string[];
  readonly instance: 'none' | 'optional' | 'required';
  readonly instanceType?: string;
  readonly kept?: boolean;
  /** Of a kept scope: it has its effect where one of these options is on. */
  readonly actsBy?: readonly string[];
  readonly options: readonly ReferenceOption[];
};

/** What a change of the option does, and when. */
export function changeWords(scope: ReferenceScope, option: ReferenceOption): string {
  const scopeKept = scope.kept === true && scope.actsBy === undefined;
  if (scopeKept || option.kept === true) return 'kept, no effect';
  return option.dynamic ? 'at run time' : 'after a restart';
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'whole number',
  number: 'number',
  bool: 'true or false',
  level: 'log level',
  perms: 'octal permissions',
  throttle: 'N or N/seconds',
  address: 'IP address',
  cidr: 'network, address/bits',
  endpoint: 'host:port',
  listen: 'host:port, *:port or a socket path',
  dictionary: '[ key = "value" ]',
  any: 'as written',
};

export function scopeName({ path }: ReferenceScope): string {
  return path.length === 0 ? 'Global' : path.join(' ');
}

/** As it stands in a file, with a place for the name of its own. */
export function scopeSyntax(scope: ReferenceScope): string {
  if (scope.path.length === 0) return 'outside of every scope';
  const name = scope.path.at(-1) ?? '';
  if (scope.instance === 'none') return `${name} { … }`;
  const own = scope.instanceType === undefined ? 'name' : typeWords(scope.instanceType);
  return `${name} ${scope.instance === 'optional' ? `[ "${own}" ]` : `"${own}"`} { … }`;
}

/** Stays the same when options are added: links to it are kept. */
export function scopeAnchor({ path }: ReferenceScope): string {
  return path.length === 0 ? 'global' : path.join('.').toLowerCase();
}

export function optionAnchor(scope: ReferenceScope, { name }: ReferenceOption): string {
  return `${scopeAnchor(scope)}.${name.toLowerCase()}`;
}

export function typeWords(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

export function optionType({ type, array, unit }: ReferenceOption): string {
  const words = `${typeWords(type)}${unit === undefined ? '' : `, ${unit}`}`;
  return array === true ? `${words}; or several: ( … , … )` : words;
}

/** Undefined where nothing is documented: not the same as an empty default. */
export function defaultText(option: ReferenceOption): string | undefined {
  if (option.default === undefined) return undefined;
  const elements = typeof option.default === 'string' ? [option.default] : option.default;
  const written = elements.map((element) =>
    element === '' || /^\s|\s$/.test(element) ? `"${element}"` : element,
  );
  return written.length === 1 ? written[0] : `( ${written.join(', ')} )`;
}

/** Undefined where every value of the type is allowed. */
export function allowedText({ min, max, values }: ReferenceOption): string | undefined {
  if (values !== undefined) return values.join(', ');
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? undefined : `at most ${max}`;
}

/** What the filter looks through. */
export function searchText(scope: ReferenceScope, option: ReferenceOption): string {
  const parts = [scopeName(scope), option.name, optionType(option), defaultText(option), allowedText(option)];
  return [...parts, option.source, option.deprecated].filter(Boolean).join(' ').toLowerCase();
}
