/**
 * The filter of a table: `role:node state:departed up:>1h net:10.80.116.0/24 -sub:west labrat`. Pure. Terms of one
 * token are alternatives, comparisons and different tokens must all hold, a leading `-` turns a term round, other text
 * is searched in what is shown. A term that cannot be understood is not applied, and said.
 */

import { type Column, dataColumns, searchText } from './column.ts';
import { inNetwork, parseIp, parseNetwork } from './ip-order.ts';

/** Longer filters are cut: they come from URLs. */
export const FILTER_CHARACTERS_MAX = 500;
/** Terms that are applied. */
export const FILTER_TERMS_MAX = 20;

type Test<R> = (row: R) => boolean;
type Term<R> = {
  /** Alternatives share it; undefined: must hold by itself. */
  readonly group: string | undefined;
  readonly test: Test<R>;
};

export type Filter<R> = {
  readonly matches: Test<R>;
  /** No term is applied. */
  readonly empty: boolean;
  /** One sentence for each term that is not applied. */
  readonly problems: readonly string[];
};

/** Split at blanks outside of double quotes; the quotes go. */
export function splitFilter(text: string): readonly string[] {
  const found = text.slice(0, FILTER_CHARACTERS_MAX).match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  return found.map((term) => term.replaceAll('"', '')).filter((term) => term !== '');
}

export function compileFilter<R>(text: string, columns: readonly Column<R>[]): Filter<R> {
  const tokens = dataColumns(columns);
  const terms: Term<R>[] = [];
  const problems: string[] = [];
  const parts = splitFilter(text);
  for (const part of parts.slice(0, FILTER_TERMS_MAX)) {
    const term = termOf(part, tokens);
    if (typeof term === 'string') problems.push(term);
    else terms.push(term);
  }
  if (parts.length > FILTER_TERMS_MAX) problems.push(`Only the first ${FILTER_TERMS_MAX} terms are applied.`);
  return { matches: allOf(terms), empty: terms.length === 0, problems };
}

function allOf<R>(terms: readonly Term<R>[]): Test<R> {
  const groups = new Map<string, Test<R>[]>();
  const must: Test<R>[] = [];
  for (const { group, test } of terms) {
    if (group === undefined) must.push(test);
    else groups.set(group, [...(groups.get(group) ?? []), test]);
  }
  for (const tests of groups.values()) must.push((row) => tests.some((test) => test(row)));
  return (row) => must.every((test) => test(row));
}

function termOf<R>(part: string, columns: readonly Column<R>[]): Term<R> | string {
  const negated = part.length > 1 && part.startsWith('-');
  const body = negated ? part.slice(1) : part;
  const token = /^([a-z][a-z-]*):([^:].*)$/i.exec(body);
  if (token === null) {
    // A token that is still being typed is not searched as text.
    if (columns.some((column) => body === `${column.id}:`)) return `“${body}” needs a value.`;
    return turned({ group: undefined, test: plainTest(body, columns) }, negated);
  }
  const name = (token[1] ?? '').toLowerCase();
  const column = columns.find((each) => each.id === name);
  if (column === undefined) {
    const known = columns.map((each) => each.id).join(', ');
    return `There is no token “${name}:”. Here are: ${known}.`;
  }
  const term = columnTerm(column, token[2] ?? '');
  return typeof term === 'string' ? term : turned(term, negated);
}

function turned<R>({ group, test }: Term<R>, negated: boolean): Term<R> {
  return negated ? { group: undefined, test: (row) => !test(row) } : { group, test };
}

function plainTest<R>(text: string, columns: readonly Column<R>[]): Test<R> {
  const wanted = text.toLowerCase();
  const searched = columns.filter((column) => column.show !== 'never' && column.plain !== false);
  return (row) => searched.some((column) => searchText(column, row).includes(wanted));
}

function columnTerm<R>(column: Column<R>, wanted: string): Term<R> | string {
  const group = column.id;
  if (wanted === 'unknown' && !column.choices?.includes('unknown')) {
    return { group, test: (row) => isUnknown(column, row) };
  }
  switch (column.kind) {
    case 'number':
    case 'duration':
    case 'moment':
      return amountTerm(column, wanted);
    case 'address':
      return { group, test: addressTest(column, wanted) };
    case 'word':
      return wordTerm(column, wanted);
    case 'text':
      return { group, test: partTest(column, wanted) };
  }
}

function wordsOf<R>(column: Column<R>, row: R): readonly string[] {
  if (column.words) return column.words(row);
  const value = column.value(row);
  return value === null ? [] : [String(value)];
}

function isUnknown<R>(column: Column<R>, row: R): boolean {
  return wordsOf(column, row).every((word) => word === '');
}

function partTest<R>(column: Column<R>, wanted: string): Test<R> {
  const part = wanted.toLowerCase();
  return (row) => wordsOf(column, row).some((word) => word.toLowerCase().includes(part));
}

function wordTerm<R>(column: Column<R>, wanted: string): Term<R> | string {
  const word = wanted.toLowerCase();
  const { choices } = column;
  if (choices !== undefined && !choices.some((each) => each.toLowerCase() === word)) {
    return `“${column.id}:” is one of ${choices.join(', ')}.`;
  }
  return {
    group: column.id,
    test: (row) => wordsOf(column, row).some((each) => each.toLowerCase() === word),
  };
}

function addressTest<R>(column: Column<R>, wanted: string): Test<R> {
  const network = parseNetwork(wanted);
  if (network === undefined) return partTest(column, wanted);
  return (row) =>
    wordsOf(column, row).some((word) => {
      const ip = parseIp(word);
      return ip !== undefined && inNetwork(ip, network);
    });
}

const COMPARISONS: Readonly<Record<string, (value: number, wanted: number) => boolean>> = {
  '>': (value, wanted) => value > wanted,
  '<': (value, wanted) => value < wanted,
  '>=': (value, wanted) => value >= wanted,
  '<=': (value, wanted) => value <= wanted,
};

function amountTerm<R>(column: Column<R>, wanted: string): Term<R> | string {
  const [, sign = '', text = ''] = /^(>=|<=|>|<)?(.*)$/.exec(wanted) ?? [];
  const amount = column.kind === 'number' ? parseNumber(text) : parseSpan(text, column.kind);
  if (amount === undefined) return `“${column.id}:” wants ${AMOUNT_SAMPLES[column.kind] ?? ''}.`;
  const compare = COMPARISONS[sign];
  const test: Test<R> = (row) => {
    const value = column.value(row);
    if (typeof value !== 'number') return false;
    return compare === undefined ? value === amount : compare(value, amount);
  };
  return { group: compare === undefined ? column.id : undefined, test };
}

const AMOUNT_SAMPLES: Readonly<Record<string, string>> = {
  number: 'a number, such as >3',
  duration: 'a time span, such as >500ms, <90s, >=1h',
  moment: 'a day or a moment, such as >=2026-03-01 or <2026-03-01T13:00Z',
};

function parseNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const SPAN_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds: `90s`, `1h30m`, or a moment as ISO text. */
function parseSpan(text: string, kind: Column<never>['kind']): number | undefined {
  if (kind === 'moment') {
    if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
    const atMs = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  if (!/^-?(\d+(\.\d+)?(ms|min|s|m|h|d))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|min|s|m|h|d)/g)) {
    totalMs += Number(amount) * (SPAN_MS[unit ?? ''] ?? 0);
  }
  return text.startsWith('-') ? -totalMs : totalMs;
}

/** The filter holds this term as it stands. */
export function hasTerm(filter: string, term: string): boolean {
  return splitFilter(filter).includes(term);
}

/** With the term where it was not, without it where it was. What somebody typed beside it stays. */
export function toggledTerm(filter: string, term: string): string {
  const terms = splitFilter(filter);
  const rest = terms.filter((each) => each !== term);
  if (rest.length === terms.length) rest.push(term);
  return rest.map((each) => (/\s/.test(each) ? `"${each}"` : each)).join(' ');
}
