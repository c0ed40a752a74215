/** What the writing `config` commands answer (momentum.md 7.5). */

import { unreachable } from '../base/assert.ts';
import type { Value } from './ast.ts';
import { type Diagnostic, type DiagnosticList, formatDiagnostic } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { quote } from './printer.ts';
import { type ConfigAnswer, evaluateOption, NESTED_INDENT, optionLines, spelledOption } from './queries.ts';
import type { ScopeStep } from './scope-path.ts';
import type { OptionNode } from './scope-tree.ts';
import { isSecret, SECRET_MASK } from './secrets.ts';
import { CONSOLE_PLACE } from './set-words.ts';

export const CONFIG_USAGE: readonly string[] = [
  'config begin',
  'config begin from scratch',
  'config commit',
  'config locate { scope_name } [ regex ]',
  'config reload [ /alternate/path ]',
  'config { get | eval | unset } [ scope_name ... ] { optname }',
  'config replay',
  'config rollback',
  'config set [ scope_name ... ] { optname } { value }',
  'config show [ scope_name ... ] [ option_name ]',
  'config showrecurse [ scope_name ... ]',
  'config writeback [ /alternate/path ]',
];

/** Warnings that a reload answers with. */
const DURAVIP_WARNINGS_MAX = 10;

const UNCHANGED = 'Nothing was changed';

export function answered(...lines: readonly string[]): ConfigAnswer {
  return { ok: true, text: lines.join('\n') };
}

export function refused(...lines: readonly string[]): ConfigAnswer {
  return { ok: false, text: lines.join('\n') };
}

/** The option as it stands now, then what to know about it. */
export function setText(
  generation: Generation,
  steps: readonly ScopeStep[],
  option: OptionNode,
): ConfigAnswer {
  return answered(...optionLines(generation, steps, option), ...notesOn(generation, steps, option.name));
}

export function unsetText(generation: Generation, steps: readonly ScopeStep[], name: string): ConfigAnswer {
  const spelled = spelledOption(generation, steps, name);
  const words = steps.flatMap((step) =>
    step.instance === undefined ? [step.name] : [step.name, step.instance],
  );
  const effective = evaluateOption(generation, [...words, name]).text.split('\n');
  return answered(
    `"${spelled}" has been unset. Effective value is now:`,
    ...effective.map((line) => NESTED_INDENT + line.replace(/^ {8}/, '')),
    ...notesOn(generation, steps, name),
  );
}

/** Options that nothing acts on or that cannot change at run time, and deprecated ones, get a line each. */
export function notesOn(
  generation: Generation,
  steps: readonly ScopeStep[],
  name: string,
): readonly string[] {
  const entry = generation.entry(steps, name);
  const spelled = spelledOption(generation, steps, name);
  const lines: string[] = [];
  if (generation.isKept(steps, name)) lines.push(keptText(spelled));
  else if (entry?.dynamic === false) lines.push(restartText(spelled));
  if (entry?.deprecated !== undefined) {
    lines.push(`Warning: the option '${entry.name}' is deprecated: ${entry.deprecated}`);
  }
  return lines;
}

/** @param place an option, with or without its scope. */
export function keptText(place: string): string {
  return `Warning: '${place}' is kept but has no effect here`;
}

/** @param place an option, with or without its scope. */
export function restartText(place: string): string {
  return `Warning: '${place}' cannot change at run time; the new value takes effect with the next start`;
}

/** What is wrong, where it stands, and that everything stays as it was. */
export function invalidText(list: DiagnosticList, ...hint: readonly string[]): ConfigAnswer {
  const errors = list.diagnostics.filter(({ severity }) => severity === 'error');
  const omitted = list.errors - errors.length;
  const more = omitted > 0 ? [`${omitted} more not shown`] : [];
  return refused(...errors.flatMap(diagnosticLines), ...more, ...hint, UNCHANGED);
}

/**
 * Warnings about DuraVIP, whose mistakes show only when an address should move. Others are not repeated here: they are
 * the same at each reload, and `check-config` tells them.
 */
export function duravipWarnings({ diagnostics }: DiagnosticList): readonly string[] {
  const found = diagnostics.filter(({ code, severity }) => {
    return severity === 'warning' && code.startsWith('CONF_DURAVIP_');
  });
  const lines = found.slice(0, DURAVIP_WARNINGS_MAX).map(formatDiagnostic);
  const omitted = found.length - lines.length;
  return omitted === 0 ? lines : [...lines, `${omitted} more not shown: muster check-config tells all`];
}

/** Without a place when it was typed just now. */
function diagnosticLines(diagnostic: Diagnostic): readonly string[] {
  if (diagnostic.file !== CONSOLE_PLACE.file) return [formatDiagnostic(diagnostic)];
  const { message, hint } = diagnostic;
  return hint === undefined ? [message] : [message, `  hint: ${hint}`];
}

/** A command as it can be typed again; a secret is not repeated. */
export function setCommand(generation: Generation, steps: readonly ScopeStep[], option: OptionNode): string {
  const names = steps.map((step) => step.name);
  const secret = isSecret(generation.registry, names, option.name);
  const value = secret ? SECRET_MASK : valueWords(option.value);
  return ['config set', ...pathWords(steps), option.name, value].join(' ');
}

export function unsetCommand(steps: readonly ScopeStep[], name: string | undefined): string {
  return ['config unset', ...pathWords(steps), ...(name === undefined ? [] : [name])].join(' ');
}

function pathWords(steps: readonly ScopeStep[]): readonly string[] {
  return steps.flatMap(({ name, instance }) => (instance === undefined ? [name] : [name, quote(instance)]));
}

function valueWords(value: Value): string {
  switch (value.kind) {
    case 'scalar':
      return value.quoted ? quote(value.text) : value.text;
    case 'array':
      return ['(', ...value.elements.map((e) => (e.kind === 'scalar' ? quote(e.text) : '')), ')'].join(' ');
    case 'dict': {
      const pairs = value.items.map((item) =>
        item.kind === 'option' ? `${item.name} = ${valueWords(item.value)}` : '',
      );
      return ['[', ...pairs, ']'].join(' ');
    }
    default:
      return unreachable(value);
  }
}
