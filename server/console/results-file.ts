/** The results buffer as text: JSON with a format number. What does not have exactly this shape is damaged. */

import { err, ok, type Result } from '../base/result.ts';

const FORMAT = 1;
/** Asked members of one command that a file may hold. */
const ASKED_MAX = 4_096;

export type ResultsScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'subcluster'; readonly name: string }
  | { readonly kind: 'node'; readonly name: string };

export type ResultsAnswer = { readonly ok: boolean; readonly text: string; readonly wallMs: number };

/** Mutable on purpose: owned by the buffer that holds it. */
export type ResultsEntry = {
  readonly request: string;
  readonly command: string;
  readonly scope: ResultsScope;
  readonly sentWallMs: number;
  readonly asked: readonly {
    readonly node: string;
    readonly privateName: string;
    readonly subcluster: string | null;
    left: boolean;
    answer: ResultsAnswer | undefined;
  }[];
};

export function saveEntries(entries: readonly ResultsEntry[]): string {
  return `${JSON.stringify({ format: FORMAT, entries })}\n`;
}

export function loadEntries(text: string): Result<readonly ResultsEntry[], string> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    // The reason is of no use to an operator: any text that is not JSON is damaged.
    return err('it is not JSON');
  }
  if (!isRecord(root) || !Array.isArray(root['entries'])) return err('it has no list of entries');
  if (root['format'] !== FORMAT) return err(`its format is ${String(root['format'])}, not ${FORMAT}`);
  const entries: ResultsEntry[] = [];
  for (const [index, raw] of root['entries'].entries()) {
    const entry = readEntry(raw);
    if (entry === undefined) return err(`entry ${index} is damaged`);
    entries.push(entry);
  }
  return ok(entries);
}

function readEntry(raw: unknown): ResultsEntry | undefined {
  if (!isRecord(raw) || !Array.isArray(raw['asked']) || raw['asked'].length > ASKED_MAX) return undefined;
  const { request, command, sentWallMs } = raw;
  const scope = readScope(raw['scope']);
  if (typeof request !== 'string' || typeof command !== 'string' || !isTime(sentWallMs)) return undefined;
  if (scope === undefined) return undefined;
  const asked = raw['asked'].map(readMember);
  if (!asked.every((member) => member !== undefined)) return undefined;
  return { request, command, scope, sentWallMs, asked };
}

function readMember(raw: unknown): ResultsEntry['asked'][number] | undefined {
  if (!isRecord(raw)) return undefined;
  const { node, privateName, subcluster, left } = raw;
  if (typeof node !== 'string' || typeof privateName !== 'string' || typeof left !== 'boolean')
    return undefined;
  if (typeof subcluster !== 'string' && subcluster !== null) return undefined;
  if (raw['answer'] === undefined) return { node, privateName, subcluster, left, answer: undefined };
  const answer = readAnswer(raw['answer']);
  return answer === undefined ? undefined : { node, privateName, subcluster, left, answer };
}

function readAnswer(raw: unknown): ResultsAnswer | undefined {
  if (!isRecord(raw)) return undefined;
  const { ok: answerOk, text, wallMs } = raw;
  if (typeof answerOk !== 'boolean' || typeof text !== 'string' || !isTime(wallMs)) return undefined;
  return { ok: answerOk, text, wallMs };
}

function readScope(raw: unknown): ResultsScope | undefined {
  if (!isRecord(raw)) return undefined;
  const { kind, name } = raw;
  if (kind === 'all') return { kind };
  if ((kind === 'subcluster' || kind === 'node') && typeof name === 'string') return { kind, name };
  return undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
