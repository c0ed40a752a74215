import { expect, test } from 'vitest';
import {
  effectiveWords,
  filterScopes,
  isChanged,
  type OptionScope,
  type OptionView,
  originWords,
} from '../../../components/options/option-words.ts';
import {
  allowedText,
  defaultText,
  optionAnchor,
  optionType,
} from '../../../components/reference/option-words.ts';

const AT_MS = Date.UTC(2026, 10, 20, 13, 2, 31);
const clock = (wallMs: number): string => new Date(wallMs).toISOString().slice(11, 19);

function option(given: Partial<OptionView> = {}): OptionView {
  return {
    name: 'view_mature_time',
    type: 'int',
    unit: 's',
    dynamic: true,
    restartNeeded: false,
    default: ['5'],
    source: 'momentum.md 3.2',
    value: ['5'],
    secret: false,
    origin: { kind: 'default' },
    ...given,
  };
}

function scope(path: string, options: readonly OptionView[], configured = true): OptionScope {
  return { path, configured, options: [...options] };
}

test('where a value comes from is said for every kind of origin', () => {
  const place = { file: '/etc/ec/001.conf', line: 12, column: 3 };
  const console_ = { kind: 'console', scope: '', user: 'ben', atMs: AT_MS, written: false } as const;
  const words = (given: Partial<OptionView>) => originWords(option(given), 'cluster', clock);
  expect(words({})).toBe('default, momentum.md 3.2');
  expect(words({ origin: { kind: 'unset' } })).toBe('set nowhere, no default in momentum.md 3.2');
  expect(words({ origin: { kind: 'file', scope: 'cluster', ...place } })).toBe('/etc/ec/001.conf:12:3');
  expect(words({ origin: { kind: 'file', scope: '', ...place } })).toBe(
    '/etc/ec/001.conf:12:3, in scope Global',
  );
  expect(words({ origin: { ...console_, scope: 'cluster' } })).toBe(
    'console, ben at 13:02:31, not written back',
  );
  expect(words({ origin: { ...console_, scope: 'cluster', written: true } })).toBe(
    'console, ben at 13:02:31, written back',
  );
});

test('a secret is never shown, nothing is not an empty text, and hostile text is inert', () => {
  const secret = option({ secret: true, value: ['hunter2'] });
  expect(effectiveWords(secret)).not.toContain('hunter2');
  expect(effectiveWords(option({ value: null, default: null }))).toBe('not set');
  expect(effectiveWords(option({ value: [''], unit: null }))).toBe('""');
  expect(effectiveWords(option())).toBe('5 s');
  expect(effectiveWords(option({ value: ['a', 'b'], unit: null }))).toBe('( a, b )');
  expect(effectiveWords(option({ value: ['a\u202eb'], unit: null }))).toBe('a‹U+202E›b');
});

test('the filter looks at names, scopes, values and places, not at secrets', () => {
  const file = { kind: 'file', scope: 'Logs', file: 'node-local.conf', line: 1, column: 1 } as const;
  const scopes = [
    scope('cluster', [option(), option({ name: 'secret_key', secret: true, value: ['hunter2'] })]),
    scope('Logs', [option({ name: 'max_open', value: ['7'], origin: file })]),
    scope('Empty', [], false),
  ];
  const names = (text: string, changedOnly = false) =>
    filterScopes(scopes, { text, changedOnly }).flatMap(({ options }) => options.map(({ name }) => name));
  expect(names('')).toEqual(['view_mature_time', 'secret_key', 'max_open']);
  expect(names('LOGS')).toEqual(['max_open']);
  expect(names('node-local')).toEqual(['max_open']);
  expect(names('cluster mature')).toEqual(['view_mature_time']);
  expect(names('hunter2')).toEqual([]);
  expect(names('', true)).toEqual(['max_open']);
  expect(isChanged(option({ origin: { kind: 'unset' } }))).toBe(false);
  // A scope that is configured stays visible without options of its own, until a filter looks for options.
  expect(filterScopes([scope('peers', [])], { text: '', changedOnly: false })).toHaveLength(1);
  expect(filterScopes([scope('peers', [])], { text: 'x', changedOnly: false })).toEqual([]);
});

const ENTRY = { name: 'Max_Open', type: 'int', default: '128', unit: 'files', dynamic: true, source: 'x' };

test('the reference says type, unit, default and bounds, and what is not documented', () => {
  const inLogs = { path: ['Logs', 'Manager'], instance: 'required', options: [] } as const;
  expect(optionAnchor(inLogs, ENTRY)).toBe('logs.manager.max_open');
  expect(optionType({ ...ENTRY, array: true })).toBe('whole number, files; or several: ( … , … )');
  expect(defaultText({ ...ENTRY, default: undefined })).toBeUndefined();
  expect(defaultText({ ...ENTRY, default: '' })).toBe('""');
  expect(defaultText({ ...ENTRY, default: ['a', 'b'] })).toBe('( a, b )');
  expect(allowedText(ENTRY)).toBeUndefined();
  expect(allowedText({ ...ENTRY, min: 0 })).toBe('at least 0');
  expect(allowedText({ ...ENTRY, min: 1, max: 9 })).toBe('1 to 9');
  expect(allowedText({ ...ENTRY, values: ['flag', 'exclude'] })).toBe('flag, exclude');
});
