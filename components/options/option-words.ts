/** Options in words: where a value comes from, when it may change, which rows a filter keeps. Pure. */

import type { z } from 'zod';
import type { OptionsReply, optionScopeView, optionView } from '../../server/wire/options.ts';
import { inertName } from '../ui/inert-text.ts';

export type OptionView = z.infer<typeof optionView>;
export type OptionScope = z.infer<typeof optionScopeView>;

/** What the documents call the scope outside all others. */
export const GLOBAL_SCOPE = 'Global';
/** Our own options say `ours` in their tables. */
const OURS = 'ours';

export function scopeTitle(path: string): string {
  return path === '' ? GLOBAL_SCOPE : inertName(path);
}

/** `momentum.md 3.2` as it is; our own options by the name of the product. */
export function sourceWords(source: string): string {
  return source === OURS ? 'Muster' : source.replace(/^ours,/, 'Muster,');
}

export function isChanged({ origin }: OptionView): boolean {
  return origin.kind === 'file' || origin.kind === 'console';
}

/** One text per element; an empty text stays visible. */
export function valueWords(value: readonly string[], unit: string | null): string {
  const written = value.map((element) => (element === '' ? '""' : inertName(element)));
  const text = written.length === 1 ? (written[0] ?? '') : `( ${written.join(', ')} )`;
  return unit === null || !/^[-+\d.]/.test(text) ? text : `${text} ${unit}`;
}

/** The value in effect; a secret is never shown. */
export function effectiveWords(option: OptionView): string {
  if (option.secret) return '••••••••';
  return option.value === null ? 'not set' : valueWords(option.value, option.unit);
}

export function defaultWords({ default: given, unit }: OptionView): string {
  return given === null ? 'none documented' : valueWords(given, unit);
}

/** The answer to "where does this value come from". @param moment formats a wall clock, milliseconds. */
export function originWords(option: OptionView, scope: string, moment: (wallMs: number) => string): string {
  const { origin } = option;
  switch (origin.kind) {
    case 'unset':
      return `set nowhere, no default in ${sourceWords(option.source)}`;
    case 'default':
      return `default, ${sourceWords(option.source)}`;
    case 'file': {
      const place = `${inertName(origin.file)}:${origin.line}:${origin.column}`;
      return `${place}${fromElsewhere(origin.scope, scope)}`;
    }
    case 'console': {
      const written = origin.written ? 'written back' : 'not written back';
      const by = `console, ${inertName(origin.user)} at ${moment(origin.atMs)}`;
      return `${by}, ${written}${fromElsewhere(origin.scope, scope)}`;
    }
  }
}

function fromElsewhere(from: string, own: string): string {
  return from === own ? '' : `, in scope ${scopeTitle(from)}`;
}

export type OptionFilter = { readonly text: string; readonly changedOnly: boolean };

/** Scopes with the options that the filter keeps; scopes without any are left out. */
export function filterScopes(
  scopes: OptionsReply['scopes'],
  { text, changedOnly }: OptionFilter,
): readonly OptionScope[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return scopes.flatMap((scope) => {
    const options = scope.options.filter((option) => {
      if (changedOnly && !isChanged(option)) return false;
      if (words.length === 0) return true;
      const haystack = searchText(scope.path, option);
      return words.every((word) => haystack.includes(word));
    });
    const keepsEmpty = words.length === 0 && !changedOnly && scope.configured;
    return options.length === 0 && !keepsEmpty ? [] : [{ ...scope, options }];
  });
}

/** Name, scope, value and place: all that is read on the row. */
function searchText(path: string, option: OptionView): string {
  const { origin } = option;
  const place = origin.kind === 'file' ? origin.file : origin.kind === 'console' ? origin.user : '';
  const value = option.secret ? '' : (option.value ?? []).join(' ');
  return [scopeTitle(path), option.name, value, place, option.source].join(' ').toLowerCase();
}

export function countOptions(scopes: readonly OptionScope[]): number {
  return scopes.reduce((sum, { options }) => sum + options.length, 0);
}
