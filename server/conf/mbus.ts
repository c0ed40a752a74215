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

/** Segments, statements, and hosts of one segment. */
export const MBUS_ENTRIES_MAX = 10_000;
/** Characters of one line. */
export const MBUS_LINE_MAX = 1_000;

const SUBCLUSTER = /^#\s*Subcluster:\s*(\S+)\s*=>?\s*(\S+)\s*$/i;
const SEGMENT = /^Spread_Segment\s+([0-9.]+)(?::(\d+))?\s*(\{?)\s*(\}?)$/i;
const STATEMENT = /^([A-Za-z_]\w*)(?:\s*=\s*(?:\{([^{}]*)\}|([^{}\s][^{}]*)))?$/;

/** The default port of Spread, where a segment names none (momentum.md 2.7). */
export const MBUS_PORT_DEFAULT = 4803;

export function parseMbus(file: string, text: string, sink: DiagnosticSink): MbusConfiguration {
  const reader = new MbusReader(file, sink);
  if (text.length > FILE_CHARACTERS_MAX) {
    const at = { file, line: 1, column: 1 };
    sink.add('CONF_FILE_TOO_LARGE', at, `${file} has more than ${FILE_CHARACTERS_MAX} characters`);
    return { segments: [], statements: [] };
  }
  for (const [index, line] of text.split('\n').entries()) {
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

type Draft = { readonly segment: Omit<MbusSegment, 'hosts'>; readonly hosts: MbusHost[] };

class MbusReader {
  readonly #file: string;
  readonly #sink: DiagnosticSink;
  readonly #segments: MbusSegment[] = [];
  readonly #statements: MbusStatement[] = [];
  #entries = 0;
  #named: { readonly subcluster: string; readonly manager: string } | undefined;
  #open: Draft | undefined;

  constructor(file: string, sink: DiagnosticSink) {
    this.#file = file;
    this.#sink = sink;
  }

  /** False when reading must stop. */
  line(raw: string, line: number): boolean {
    const at: Position = { file: this.#file, line, column: raw.search(/\S|$/) + 1 };
    if (raw.length > MBUS_LINE_MAX) {
      this.#refuse(at, raw, `this line has more than ${MBUS_LINE_MAX} characters`, 'shorten it');
      return true;
    }
    const named = SUBCLUSTER.exec(raw.trim());
    if (named !== null && this.#open === undefined) {
      this.#named = { subcluster: named[1] ?? '', manager: named[2] ?? '' };
      return true;
    }
    const text = raw.replace(/#.*$/, '').trim();
    if (text === '') return true;
    this.#entries += 1;
    if (this.#entries > MBUS_ENTRIES_MAX) {
      this.#sink.add('CONF_TOO_MANY_TOKENS', at, `more than ${MBUS_ENTRIES_MAX} lines`);
      return false;
    }
    if (this.#open === undefined) this.#outside(text, at);
    else this.#inside(this.#open, text, at);
    return true;
  }

  end(): MbusConfiguration {
    if (this.#open !== undefined) {
      this.#refuse(this.#open.segment.at, '{', "the segment is not closed with '}'", "add '}'");
      this.#close();
    }
    return { segments: this.#segments, statements: this.#statements };
  }

  #outside(text: string, at: Position): void {
    const segment = SEGMENT.exec(text);
    if (segment !== null) {
      this.#openSegment(segment, at);
      return;
    }
    const statement = STATEMENT.exec(text);
    if (statement === null) {
      this.#refuse(
        at,
        text,
        'this is neither a segment nor a setting',
        'write Spread_Segment address:port { … }',
      );
      return;
    }
    const [, name = '', list, single] = statement;
    const value = list === undefined ? single?.trim() : list.split(/[\s,]+/).filter((word) => word !== '');
    this.#statements.push({ name, value, at });
  }

  #openSegment([whole, address = '', portText, brace, closing]: RegExpExecArray, at: Position): void {
    const port =
      portText === undefined ? { ok: true as const, value: MBUS_PORT_DEFAULT } : parsePort(portText);
    if (!isIpAddress(address) || !port.ok || brace === '') {
      const hint = 'write Spread_Segment address:port {';
      this.#refuse(at, whole, 'the head of this segment is incomplete', hint);
    }
    const { subcluster, manager } = this.#named ?? { subcluster: undefined, manager: undefined };
    this.#named = undefined;
    const number = port.ok ? port.value : MBUS_PORT_DEFAULT;
    this.#open = { segment: { subcluster, manager, address, port: number, at }, hosts: [] };
    if (closing !== '') this.#close();
  }

  #inside(draft: Draft, text: string, at: Position): void {
    if (text === '}') {
      this.#close();
      return;
    }
    const [name = '', address = '', ...more] = text.split(/\s+/);
    if (!isIpAddress(address) || more.length > 0 || /[{}=]/.test(name)) {
      this.#refuse(at, text, 'a host is written: name address', "or a '}' is missing before this line");
      return;
    }
    draft.hosts.push({ name, address, at });
  }

  #close(): void {
    if (this.#open !== undefined) this.#segments.push({ ...this.#open.segment, hosts: this.#open.hosts });
    this.#open = undefined;
  }

  #refuse(at: Position, near: string, what: string, hint: string): void {
    this.#sink.syntax('CONF_UNEXPECTED_TOKEN', at, shown(near), what, hint);
  }
}
