/**
 * The `mbus.conf` of versions before 3.4: Spread segments with their hosts, tied to subclusters by a comment line
 * (momentum.md 2.7). Read for migration; no process of this product uses it at run time.
 */

import { isIpAddress, parsePort } from './addresses.ts';
import { type DiagnosticSink, type Position, shown } from './diagnostics.ts';
import { FILE_CHARACTERS_MAX } from './lexer.ts';

export type MbusHost = { readonly name: string; readonly address: string; readonly at: Position };

export type MbusSegment = {
  /** From the comment `# Subcluster: name = manager` before it; undefined without one. */
  readonly subcluster: string | undefined;
  readonly manager: string | undefined;
  /** Broadcast or multicast address of the segment. */
  readonly address: string;
  readonly port: number;
  readonly hosts: readonly MbusHost[];
  readonly at: Position;
};

/** `name = value`, `name = { words }`, or a name alone. */
export type MbusStatement = {
  readonly name: string;
  readonly value: string | readonly string[] | undefined;
  readonly at: Position;
};

export type MbusConfiguration = {
  readonly segments: readonly MbusSegment[];
  readonly statements: readonly MbusStatement[];
};

/** Lines that say something, and hosts. */
export const MBUS_ENTRIES_MAX = 10_000;
/** Characters of one line. */
export const MBUS_LINE_MAX = 1_000;

const SUBCLUSTER = /^#\s*Subcluster:\s*(\S+)\s*=>?\s*(\S+)\s*$/i;
const LIKE_SUBCLUSTER = /^#\s*Subcluster\b/i;
const SEGMENT = /^Spread_Segment(?![\w.])/i;
const STATEMENT = /^([A-Za-z_]\w*)(?:\s*=\s*(?:\{([^{}]*)\}|([^{}\s][^{}]*)))?$/;
const HOW_SEGMENT = 'write Spread_Segment address:port { … }';
const HOW_HOST = "a host is written: name address, unless a '}' is missing before it";

/** The default port of Spread, where a segment names none (momentum.md 2.7). */
export const MBUS_PORT_DEFAULT = 4803;

export function parseMbus(file: string, text: string, sink: DiagnosticSink): MbusConfiguration {
  const reader = new MbusReader(file, sink);
  if (text.length > FILE_CHARACTERS_MAX) {
    const at = { file, line: 1, column: 1 };
    sink.add('CONF_FILE_TOO_LARGE', at, `${file} has more than ${FILE_CHARACTERS_MAX} characters`);
    return { segments: [], statements: [] };
  }
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (!reader.line(line, index + 1)) break;
  }
  return reader.end();
}

/** Canonical form; reading it again gives the same segments and statements. */
export function printMbus({ segments, statements }: MbusConfiguration): string {
  const settings = statements.map(({ name, value }) => {
    if (value === undefined) return name;
    return typeof value === 'string' ? `${name} = ${value}` : `${name} = { ${value.join(' ')} }`;
  });
  const blocks = segments.map((segment) => {
    const { subcluster, manager, address, port, hosts } = segment;
    const comment = subcluster === undefined ? [] : [`# Subcluster: ${subcluster} = ${manager ?? ''}`];
    const rows = hosts.map((host) => `  ${host.name} ${host.address}`);
    return [...comment, `Spread_Segment ${address}:${port} {`, ...rows, '}'].join('\n');
  });
  const parts = settings.length === 0 ? blocks : [settings.join('\n'), ...blocks];
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}

type Token = { readonly text: string; readonly at: Position };
type Named = { readonly subcluster: string; readonly manager: string; readonly at: Position };
type Draft = { readonly segment: Omit<MbusSegment, 'hosts'>; readonly hosts: MbusHost[]; opened: boolean };

class MbusReader {
  readonly #file: string;
  readonly #sink: DiagnosticSink;
  readonly #segments: MbusSegment[] = [];
  readonly #statements: MbusStatement[] = [];
  #entries = 0;
  #named: Named | undefined;
  #open: Draft | undefined;
  /** Name of a host whose address must follow in the same line. */
  #host: Token | undefined;

  constructor(file: string, sink: DiagnosticSink) {
    this.#file = file;
    this.#sink = sink;
  }

  /** False when reading must stop. */
  line(raw: string, line: number): boolean {
    const at: Position = { file: this.#file, line, column: raw.search(/\S|$/) + 1 };
    if (raw.length > MBUS_LINE_MAX) {
      this.#refuse({ text: raw, at }, `this line has more than ${MBUS_LINE_MAX} characters`, 'shorten it');
      return true;
    }
    if (LIKE_SUBCLUSTER.test(raw.trim()) && this.#open === undefined) {
      this.#comment({ text: raw.trim(), at });
      return true;
    }
    const text = raw.replace(/#.*$/, '').trimEnd();
    if (text === '') return true;
    if (this.#open === undefined && !SEGMENT.test(text.trimStart())) this.#setting({ text: text.trim(), at });
    else for (const token of tokensOf(text, at)) this.#take(token);
    if (this.#host !== undefined) this.#refuse(this.#host, 'this host has no address', HOW_HOST);
    this.#host = undefined;
    return this.#counted(at);
  }

  end(): MbusConfiguration {
    if (this.#open !== undefined) {
      const { at } = this.#open.segment;
      this.#refuse({ text: '{', at }, "the segment is not closed with '}'", "add '}'");
      this.#close();
    }
    this.#forgetComment();
    return { segments: this.#segments, statements: this.#statements };
  }

  #counted(at: Position): boolean {
    const hosts = this.#open?.hosts.length ?? 0;
    this.#entries += 1;
    if (this.#entries + hosts <= MBUS_ENTRIES_MAX) return true;
    this.#sink.add('CONF_TOO_MANY_TOKENS', at, `more than ${MBUS_ENTRIES_MAX} lines and hosts`);
    return false;
  }

  #comment(token: Token): void {
    const match = SUBCLUSTER.exec(token.text);
    if (match === null) {
      this.#refuse(token, 'this comment ties no subcluster', 'write # Subcluster: name = manager');
      return;
    }
    this.#forgetComment();
    this.#named = { subcluster: match[1] ?? '', manager: match[2] ?? '', at: token.at };
  }

  #forgetComment(): void {
    if (this.#named === undefined) return;
    const { at, subcluster } = this.#named;
    const hint = 'the comment stands before the Spread_Segment of the subcluster';
    this.#refuse({ text: subcluster, at }, 'no segment follows this subcluster', hint);
    this.#named = undefined;
  }

  #setting(token: Token): void {
    const statement = STATEMENT.exec(token.text);
    if (statement === null) {
      this.#refuse(token, 'this is neither a segment nor a setting', HOW_SEGMENT);
      return;
    }
    const [, name = '', list, single] = statement;
    const value = list === undefined ? single?.trim() : list.split(/[\s,]+/).filter((word) => word !== '');
    this.#statements.push({ name, value, at: token.at });
  }

  #take(token: Token): void {
    const open = this.#open;
    if (open === undefined) this.#outside(token);
    else if (!open.opened) this.#head(open, token);
    else this.#inside(open, token);
  }

  /** A segment begins, or something stands behind the `}` of one. */
  #outside(token: Token): void {
    if (!SEGMENT.test(token.text)) {
      this.#refuse(token, 'nothing stands behind a segment in its line', 'use a line of its own');
      return;
    }
    const { subcluster, manager } = this.#named ?? { subcluster: undefined, manager: undefined };
    this.#named = undefined;
    const segment = { subcluster, manager, address: '', port: MBUS_PORT_DEFAULT, at: token.at };
    this.#open = { segment, hosts: [], opened: false };
  }

  #head(open: Draft, token: Token): void {
    const { segment } = open;
    if (token.text === '{') {
      if (segment.address === '') this.#refuse(token, 'this segment has no address', HOW_SEGMENT);
      open.opened = true;
    } else if (segment.address === '') {
      this.#open = { ...open, segment: { ...segment, ...this.#address(token) } };
    } else {
      this.#refuse(token, "a '{' is missing before this", HOW_SEGMENT);
      open.opened = true;
      this.#inside(open, token);
    }
  }

  #address(token: Token): { readonly address: string; readonly port: number } {
    const [address = '', portText = String(MBUS_PORT_DEFAULT), ...more] = token.text.split(':');
    const port = parsePort(portText);
    if (isIpAddress(address) && port.ok && more.length === 0) return { address, port: port.value };
    this.#refuse(token, 'this is not the address of a segment', HOW_SEGMENT);
    return { address: token.text, port: MBUS_PORT_DEFAULT };
  }

  #inside(open: Draft, token: Token): void {
    const name = this.#host;
    if (token.text === '}') {
      if (name !== undefined) this.#refuse(name, 'this host has no address', HOW_HOST);
      this.#host = undefined;
      this.#close();
    } else if (name === undefined) {
      if (/[{=]/.test(token.text)) this.#refuse(token, 'this is not the name of a host', HOW_HOST);
      else this.#host = token;
    } else {
      this.#host = undefined;
      if (isIpAddress(token.text)) open.hosts.push({ name: name.text, address: token.text, at: name.at });
      else this.#refuse(token, `this is not the address of the host '${shown(name.text)}'`, HOW_HOST);
    }
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { segment, hosts } = this.#open;
    this.#entries += hosts.length;
    this.#segments.push({ ...segment, hosts });
    this.#open = undefined;
  }

  #refuse({ text, at }: Token, what: string, hint: string): void {
    this.#sink.syntax('CONF_UNEXPECTED_TOKEN', at, shown(text), what, hint);
  }
}

/** Words, and each bracket on its own. */
function tokensOf(text: string, { file, line }: Position): readonly Token[] {
  return [...text.matchAll(/[{}]|[^\s{}]+/g)].map((match) => ({
    text: match[0],
    at: { file, line, column: match.index + 1 },
  }));
}
