/**
 * `config writeback`: what was changed by command goes into the files (momentum.md 8.6). The new texts are read
 * before any of them is written, and must say exactly what is live; then each file is replaced as a whole.
 */

import { placeName } from './change-record.ts';
import type { ConfigFiles, ConfigWriter } from './config-files.ts';
import { answered, refused } from './config-texts.ts';
import { Definitions } from './definitions.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { isAbsolute } from './file-paths.ts';
import type { Generation } from './generation.ts';
import { FILE_CHARACTERS_MAX } from './lexer.ts';
import { type LoadRequest, loadConfiguration } from './load-configuration.ts';
import { OverlayFiles } from './overlay-files.ts';
import { hasPlace, type PlacedChange, type Places, placeChanges, textsWith } from './placing.ts';
import type { ConfigAnswer } from './queries.ts';
import type { ScopeStep } from './scope-path.ts';
import { scopeKey } from './scope-tree.ts';
import { diffTrees, type TreeChange } from './tree-diff.ts';
import { type Change, changeLines, changesBetween, removalComments, shownChanges } from './tree-items.ts';

/** Times that texts are tried; each time at least one change moves on to its next place. */
export const WRITEBACK_TRIES_MAX = 16;
/** Options that a refusal names. */
export const WRITEBACK_NAMES_MAX = 20;
/** First line of a file that `config writeback /path` made; another file is not overwritten. */
export const CHANGES_HEADER = '# Changes of a running configuration, written by config writeback';

export type WritebackRequest = {
  readonly request: LoadRequest;
  readonly writer: ConfigWriter;
  /** What the files said when they were read or written last. */
  readonly filed: Generation;
  readonly live: Generation;
};

export type Writeback = {
  readonly answer: ConfigAnswer;
  /** Some file was replaced. */
  readonly wrote: boolean;
  /** What the files say now; undefined where that must be read again. */
  readonly filed: Generation | undefined;
};

export function writeBack(task: WritebackRequest): Writeback {
  const { request, writer, filed, live } = task;
  const now = loadConfiguration(request);
  if (now.generation === undefined) {
    return nothing(refused('The files have errors, nothing was written', formatDiagnostics(now)));
  }
  const foreign = diffTrees(filed.root, now.generation.root);
  if (foreign.length > 0) {
    return nothing(
      refused(
        'The files were changed since they were read, nothing was written:',
        ...namesOf(live, foreign).map((name) => `  ${name}`),
        'config reload reads them; it drops what was changed by command',
      ),
    );
  }
  const changes = changesBetween(now.generation.root, live.root);
  if (changes.length === 0) return nothing(answered('Nothing to write: no option differs from the files'));
  const definitions = new Definitions(now.items);
  const places: Places = { filed: now.generation, definitions, live, files: request.files, writer };
  const placed = placeChanges(changes, places);
  const agreed = agreedTexts(placed, places, request);
  if (agreed === undefined) {
    return nothing(refused('The files cannot be changed so that they say what is live, nothing was written'));
  }
  return written(agreed, placed, task);
}

type Agreed = { readonly texts: ReadonlyMap<string, string>; readonly read: Generation };

function written(
  { texts, read }: Agreed,
  placed: readonly PlacedChange[],
  { writer, live }: WritebackRequest,
): Writeback {
  const lines: string[] = [];
  let failed = 0;
  for (const [file, text] of texts) {
    const result = writer.write(file, text);
    lines.push(result.ok ? `Wrote ${file}` : `Cannot write '${file}': ${result.error}; it stays as it was`);
    if (!result.ok) failed += 1;
  }
  const homeless = placed.filter((one) => !hasPlace(one)).map(({ change }) => change);
  if (homeless.length > 0) {
    lines.push('Warning: no file can hold these changes; they are lost with the next reload or start:');
    lines.push(...shownChanges(live, homeless));
  }
  const answer = homeless.length > 0 || failed > 0 ? refused(...lines) : answered(...lines);
  return { answer, wrote: failed < texts.size, filed: failed === 0 ? read : undefined };
}

function nothing(answer: ConfigAnswer): Writeback {
  return { answer, wrote: false, filed: undefined };
}

/** Texts that, once written, differ from what is live only by the changes without a place. */
function agreedTexts(
  placed: readonly PlacedChange[],
  places: Places,
  request: LoadRequest,
): Agreed | undefined {
  for (let tries = 0; tries < WRITEBACK_TRIES_MAX; tries += 1) {
    // The last tries settle it: who is still wrong stays out.
    const settle = tries >= WRITEBACK_TRIES_MAX - 2;
    const texts = textsWith(placed, places);
    const files: ConfigFiles = new OverlayFiles(request.files, texts);
    const read = loadConfiguration({ ...request, files }).generation;
    const wrong = read && diffTrees(read.root, places.live.root);
    const pending = placed.filter(hasPlace);
    const failing = pending.filter(({ change }) => wrong?.some((at) => touches(at, change)) ?? true);
    const expected = placed.filter((one) => !hasPlace(one));
    const surprises = wrong?.filter((at) => !expected.some(({ change }) => touches(at, change))) ?? [];
    if (read !== undefined && failing.length === 0 && surprises.length === 0) return { texts, read };
    // A removal that took more with it than it should, such as an include.
    const removals = pending.filter(({ change }) => change.kind === 'drop' || change.kind === 'unset');
    const moving = failing.length > 0 ? failing : removals;
    if (moving.length === 0) return undefined;
    for (const one of moving) one.level = settle ? one.candidates.length : one.level + 1;
  }
  return undefined;
}

/** Whether a difference is at the place of a change, or in the scope that it makes or drops. */
function touches(at: TreeChange, change: Change): boolean {
  if (change.kind === 'make' || change.kind === 'drop') return isInside(at.steps, change.steps);
  // A new scope comes with its options.
  if (at.kind === 'scope') return isInside(change.steps, at.steps);
  const name = change.kind === 'set' ? change.option.name : change.name;
  const other = (at.after ?? at.before)?.name ?? '';
  return (
    name.toLowerCase() === other.toLowerCase() &&
    at.steps.length === change.steps.length &&
    isInside(at.steps, change.steps)
  );
}

function isInside(steps: readonly ScopeStep[], outer: readonly ScopeStep[]): boolean {
  return outer.every(({ name, instance }, i) => {
    const step = steps[i];
    return step !== undefined && scopeKey(step.name, step.instance) === scopeKey(name, instance);
  });
}

function namesOf(generation: Generation, changes: readonly TreeChange[]): readonly string[] {
  const names = changes.map((change) =>
    placeName(
      generation,
      change.steps,
      change.kind === 'option' ? ((change.after ?? change.before)?.name ?? '') : '',
    ),
  );
  const omitted = names.length - WRITEBACK_NAMES_MAX;
  return omitted > 0 ? [...names.slice(0, WRITEBACK_NAMES_MAX), `${omitted} more`] : names;
}

/** `config writeback /path`: the changes alone, as a file that can be included. They stay unsaved. */
export function writeChangesTo(
  path: string,
  { request, writer, filed, live }: WritebackRequest,
): ConfigAnswer {
  if (!isAbsolute(path)) return refused('config writeback takes nothing or the absolute path of a file');
  const changes = changesBetween(filed.root, live.root);
  if (request.files.kindOf(path) !== 'missing') {
    const before = request.files.read(path, FILE_CHARACTERS_MAX);
    if (!before.ok || !before.value.startsWith(CHANGES_HEADER)) {
      return refused(`'${path}' exists and was not written by config writeback: name another file`);
    }
  }
  const lines = [CHANGES_HEADER, ...changeLines(changes), ...removalComments(live, changes)];
  const result = writer.write(path, `${lines.join('\n')}\n`);
  return result.ok ? answered(`Wrote ${path}`) : refused(`Cannot write '${path}': ${result.error}`);
}
