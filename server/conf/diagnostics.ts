/**
 * What is wrong with a configuration, as values: all of it at once, never thrown. A sink is bounded, so that a
 * hostile file cannot flood a terminal, and still knows how many errors there were.
 */

import { assert } from '../base/assert.ts';

export type Severity = 'error' | 'warning';

/** Every code and its severity. Codes are never reused. */
export const DIAGNOSTIC_SEVERITY = {
  CONF_FILE_TOO_LARGE: 'error',
  CONF_TOO_MANY_TOKENS: 'error',
  CONF_BAD_CHARACTER: 'error',
  CONF_UNTERMINATED_STRING: 'error',
  CONF_UNTERMINATED_COMMENT: 'error',
  CONF_SINGLE_QUOTE: 'error',
  CONF_SEMICOLON: 'error',
  CONF_UNEXPECTED_TOKEN: 'error',
  CONF_UNEXPECTED_VALUE: 'error',
  CONF_UNEXPECTED_CLOSER: 'error',
  CONF_UNCLOSED: 'error',
  CONF_MISSING_EQUALS: 'error',
  CONF_MISSING_VALUE: 'error',
  CONF_SCOPE_EQUALS: 'error',
  CONF_SCOPE_BRACKETS: 'error',
  CONF_BAD_ATTRIBUTES: 'error',
  CONF_TOO_DEEP: 'error',
  CONF_INCLUDE_PATH: 'error',
  CONF_INCLUDE_MISSING: 'error',
  CONF_INCLUDE_UNREADABLE: 'error',
  CONF_INCLUDE_CYCLE: 'error',
  CONF_INCLUDE_LIMIT: 'error',
  CONF_INCLUDE_URI: 'error',
  CONF_INCLUDE_PERSIST: 'warning',
  CONF_LOCAL_CHANGES: 'error',
  CONF_SEARCH_PATH: 'error',
  CONF_UNKNOWN_OPTION: 'error',
  CONF_UNKNOWN_SCOPE: 'warning',
  CONF_KEPT_OPTION: 'warning',
  CONF_DEPRECATED: 'warning',
  CONF_BAD_VALUE: 'error',
  CONF_BAD_INSTANCE: 'error',
  CONF_PEER_CASE: 'warning',
  CONF_MBUS_SETTING: 'warning',
  CONF_MBUS_MANAGER: 'warning',
  CONF_BALANCE_SET_SIZE: 'error',
  CONF_DURAVIP_ADDRESS: 'error',
  CONF_DURAVIP_FOLLOW: 'error',
  CONF_DURAVIP_LIMIT: 'error',
  CONF_DURAVIP_LOOPBACK: 'warning',
  CONF_DURAVIP_NAME: 'warning',
  CONF_DURAVIP_NO_ADDRESS: 'warning',
  CONF_DURAVIP_OWN_ADDRESS: 'warning',
  CONF_DURAVIP_PREFERENCE: 'warning',
  CONF_DURAVIP_TOPOLOGY: 'warning',
  CONF_LOG_UNWRITTEN: 'warning',
  CONF_MAIL_BINDING: 'warning',
  CONF_PORT_MISMATCH: 'error',
  CONF_NO_MSGC_LISTENER: 'error',
  CONF_LOOPBACK_NODEADDR: 'error',
  CONF_CONTROL_LISTEN: 'error',
  CONF_SUBCLUSTER_NAME: 'error',
} as const satisfies Record<string, Severity>;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_SEVERITY;

/** A place in a file; lines and columns count from 1, columns in UTF-16 code units. */
export type Position = { readonly file: string; readonly line: number; readonly column: number };

export type Diagnostic = Position & {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  /** One line. Syntax errors and unknown options carry the documented text. */
  readonly message: string;
  /** What to do about it; undefined where there is nothing to say. */
  readonly hint: string | undefined;
};

/** Errors kept, and warnings kept; further ones are counted only. */
export const DIAGNOSTICS_MAX = 100;
/** Characters of a name or value shown in a message. */
export const SHOWN_CHARACTERS_MAX = 60;

export type DiagnosticList = {
  /** By file in the order of reading, then by line and column. */
  readonly diagnostics: readonly Diagnostic[];
  readonly errors: number;
  readonly warnings: number;
};

export class DiagnosticSink {
  readonly #kept: Diagnostic[] = [];
  readonly #fileOrder = new Map<string, number>();
  #errors = 0;
  #warnings = 0;

  /** Fixes the place of a file in the list; without it, its first diagnostic does. */
  reading(file: string): void {
    if (!this.#fileOrder.has(file)) this.#fileOrder.set(file, this.#fileOrder.size);
  }

  add(code: DiagnosticCode, at: Position, message: string, hint?: string): void {
    const severity = DIAGNOSTIC_SEVERITY[code];
    const count = severity === 'error' ? ++this.#errors : ++this.#warnings;
    if (count > DIAGNOSTICS_MAX) return;
    this.reading(at.file);
    const { file, line, column } = at;
    this.#kept.push({ severity, code, message: oneLine(message), hint, file, line, column });
  }

  /** The documented text of a syntax error, then what it is about. */
  syntax(code: DiagnosticCode, at: Position, near: string, what: string, hint?: string): void {
    assert(DIAGNOSTIC_SEVERITY[code] === 'error', 'a syntax diagnostic is an error');
    const place = `Syntax error in ${at.file} at line ${at.line} near '${shown(near)}'`;
    this.add(code, at, `${place}: ${what}`, hint);
  }

  get errors(): number {
    return this.#errors;
  }

  list(): DiagnosticList {
    const order = (d: Diagnostic): number => this.#fileOrder.get(d.file) ?? 0;
    const diagnostics = [...this.#kept].sort(
      (a, b) => order(a) - order(b) || a.line - b.line || a.column - b.column,
    );
    return { diagnostics, errors: this.#errors, warnings: this.#warnings };
  }
}

/** A name or value fit for a message: one line, bounded. */
export function shown(text: string): string {
  const line = oneLine(text);
  return line.length <= SHOWN_CHARACTERS_MAX ? line : `${line.slice(0, SHOWN_CHARACTERS_MAX - 1)}…`;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) =>
    c === '\n' ? '\\n' : c === '\t' ? '\\t' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** `file:line:column: error: message [CODE]` and the hint on a line of its own. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, message, code, hint } = diagnostic;
  const head = `${file}:${line}:${column}: ${severity}: ${message} [${code}]`;
  return hint === undefined ? head : `${head}\n  hint: ${hint}`;
}

/** All of a list, and how many more there were. */
export function formatDiagnostics(list: DiagnosticList): string {
  const lines = list.diagnostics.map(formatDiagnostic);
  const omitted = list.errors + list.warnings - list.diagnostics.length;
  if (omitted > 0) lines.push(`${omitted} more not shown`);
  return lines.join('\n');
}
