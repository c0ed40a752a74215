/**
 * The file `environment` (momentum.md 8.9): assignments in the syntax of a shell, read and never run. What only a
 * shell could answer, such as `$(hostname)`, is a problem with its line, and that line assigns nothing.
 */

import { shown } from './diagnostics.ts';

export const ENVIRONMENT_FILE_PATH = '/opt/msys/ecelerity/etc/environment';

/** Documented names; others are kept all the same, the file may serve further programs. */
export const ENVIRONMENT_NAMES = [
  'BINDIR',
  'CONFFILE',
  'CONTROL',
  'EC_CONF_SEARCH_PATH',
  'EC_DIGEST_REALM',
  'ECELERITY_DNS_BACKEND',
  'ECELERITY_MEMORY',
  'EXTRA_ARGS',
  'HTTPS_PROXY_PASSWORD',
  'HTTPS_PROXY_USERNAME',
  'LD_LIBRARY_PATH',
  'PLAT',
  'TMPDIR',
  'TRY',
] as const;

export const ENVIRONMENT_CHARACTERS_MAX = 64 * 1_024;
export const ENVIRONMENT_VARIABLES_MAX = 1_000;
/** Characters of one value; a variable may name another one twice, and that one another. */
export const ENVIRONMENT_VALUE_MAX = 32 * 1_024;

export type EnvironmentProblem = { readonly line: number; readonly message: string };

export type EnvironmentFile = {
  /** In order of first assignment; a later assignment wins. */
  readonly variables: ReadonlyMap<string, string>;
  readonly problems: readonly EnvironmentProblem[];
};

/** @param inherited what `$NAME` stands for when the file has not assigned it; nothing for other names. */
export function parseEnvironmentFile(
  text: string,
  inherited: Readonly<Record<string, string | undefined>> = {},
): EnvironmentFile {
  if (text.length > ENVIRONMENT_CHARACTERS_MAX) {
    const message = `the file has more than ${ENVIRONMENT_CHARACTERS_MAX} characters`;
    return { variables: new Map(), problems: [{ line: 1, message }] };
  }
  const reader = new ShellReader(text, inherited);
  reader.run();
  return reader;
}

/** Leaves a statement; never leaves this file. */
class Refusal extends Error {}

const NAME = /^[A-Za-z_]\w*/;

class ShellReader implements EnvironmentFile {
  readonly variables = new Map<string, string>();
  readonly problems: EnvironmentProblem[] = [];
  readonly #text: string;
  readonly #inherited: Readonly<Record<string, string | undefined>>;
  #at = 0;

  constructor(text: string, inherited: Readonly<Record<string, string | undefined>>) {
    this.#text = text.replaceAll('\r\n', '\n');
    this.#inherited = inherited;
  }

  run(): void {
    while (this.#at < this.#text.length) {
      this.#skip(/^(?:[\s;]|\\\n)+/);
      this.#skip(/^#[^\n]*/);
      const start = this.#at;
      try {
        if (/^[^\s;#]/.test(this.#rest(1))) this.#statement();
      } catch (cause) {
        if (!(cause instanceof Refusal)) throw cause;
        const line = this.#text.slice(0, start).split('\n').length;
        this.problems.push({ line, message: cause.message });
        this.#skip(/^[^\n]*/);
      }
    }
  }

  /** `NAME=value …` or `export NAME=value …`; several assignments may share a line. */
  #statement(): void {
    const line = /^[^\n]*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    const exported = this.#skip(/^export(?=\s)/) !== '';
    const assignments: (readonly [string, string])[] = [];
    for (;;) {
      this.#skip(/^(?:[ \t]|\\\n)+/);
      if (/^(?:$|[\n;#])/.test(this.#rest(1))) break;
      const name = this.#skip(NAME);
      const next = this.#rest(1);
      if (name === '' || (next !== '=' && !(exported && /^(?:$|[\s;])/.test(next)))) {
        throw new Refusal(`'${shown(line)}' is not an assignment: write NAME=value`);
      }
      if (next !== '=') continue;
      this.#at += 1;
      assignments.push([name, this.#value()]);
    }
    for (const [name, value] of assignments) this.#assign(name, value);
  }

  #assign(name: string, value: string): void {
    if (!this.variables.has(name) && this.variables.size >= ENVIRONMENT_VARIABLES_MAX) {
      throw new Refusal(`more than ${ENVIRONMENT_VARIABLES_MAX} variables`);
    }
    this.variables.set(name, value);
  }

  /** Up to a blank, a line end or `;` outside quotes. */
  #value(): string {
    let value = '';
    for (let c = this.#rest(1); c !== '' && !/[\s;]/.test(c); c = this.#rest(1)) {
      if (c === '"') value += this.#doubleQuoted();
      else if (c === "'") value += this.#singleQuoted();
      else if (c === '$') value += this.#expansion();
      else if (c === '\\') {
        const escaped = this.#text.charAt(this.#at + 1);
        this.#at += 2;
        value += escaped === '\n' ? '' : escaped;
      } else if (/[`()<>|&]/.test(c))
        throw new Refusal(`'${c}' needs a shell: put the value in single quotes`);
      else {
        value += c;
        this.#at += 1;
      }
      if (value.length > ENVIRONMENT_VALUE_MAX) {
        throw new Refusal(`the value has more than ${ENVIRONMENT_VALUE_MAX} characters`);
      }
    }
    return value;
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) throw new Refusal('a single quote is not closed');
    const value = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return value;
  }

  #doubleQuoted(): string {
    if (!/^"(?:[^"\\]|\\[\s\S])*"/.test(this.#text.slice(this.#at)))
      throw new Refusal('a double quote is not closed');
    this.#at += 1;
    let value = '';
    for (let c = this.#rest(1); c !== '"'; c = this.#rest(1)) {
      if (c === '$') value += this.#expansion();
      else if (c === '`') throw new Refusal("'`' needs a shell: put the value in single quotes");
      else if (c === '\\' && /["\\$`\n]/.test(this.#text.charAt(this.#at + 1))) {
        value += this.#text.charAt(this.#at + 1).replace('\n', '');
        this.#at += 2;
      } else {
        value += c;
        this.#at += 1;
      }
      if (value.length > ENVIRONMENT_VALUE_MAX) {
        throw new Refusal(`the value has more than ${ENVIRONMENT_VALUE_MAX} characters`);
      }
    }
    this.#at += 1;
    return value;
  }

  /** `$NAME`, `${NAME}` and `${NAME:-word}`. */
  #expansion(): string {
    const found = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^{}"'$`\n]*))?\})/.exec(this.#rest(1_024));
    if (found === null) {
      if (!/^\$[({\d!?$*@#-]/.test(this.#rest(2))) {
        this.#at += 1;
        return '$';
      }
      throw new Refusal(
        `'${shown(this.#rest(12).split(/\s/)[0] ?? '')}' needs a shell: write the value itself`,
      );
    }
    this.#at += found[0].length;
    const name = found[1] ?? found[2] ?? '';
    const inherited = Object.hasOwn(this.#inherited, name) ? this.#inherited[name] : undefined;
    const value = this.variables.get(name) ?? inherited ?? '';
    return value === '' ? (found[3] ?? '') : value;
  }

  #rest(characters: number): string {
    return this.#text.slice(this.#at, this.#at + characters);
  }

  #skip(pattern: RegExp): string {
    const found = pattern.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
