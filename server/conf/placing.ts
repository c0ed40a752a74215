/**
 * In which file a change of the running configuration is written (momentum.md 8.6): where the option is defined; else
 * in the first writable file that opens its scope; else in the Local_Changes_File; else in the main file. A place
 * that a text does not allow, or that a later file would override, gives way to the next one.
 */

import { unreachable } from '../base/assert.ts';
import type { ConfigFiles, ConfigWriter } from './config-files.ts';
import type { Definition, Definitions } from './definitions.ts';
import { directoryOf, joinPath } from './file-paths.ts';
import type { Generation } from './generation.ts';
import type { LoadedFile } from './include.ts';
import { FILE_CHARACTERS_MAX } from './lexer.ts';
import { LOCAL_CHANGES_FILE } from './load-configuration.ts';
import { printValue } from './printer.ts';
import { TextEdit } from './text-edit.ts';
import { type Change, changeLines } from './tree-items.ts';

type Candidate =
  | { readonly op: 'replace'; readonly at: Definition }
  | { readonly op: 'remove'; readonly all: readonly Definition[] }
  /** In the innermost scope around the change that the file opens, else at the end of the file. */
  | { readonly op: 'into'; readonly file: string };

export type PlacedChange = {
  readonly change: Change;
  readonly candidates: readonly Candidate[];
  /** Index of the candidate to try; beyond the last one there is no file for the change. */
  level: number;
};

export type Places = {
  /** What the files say now. */
  readonly filed: Generation;
  readonly definitions: Definitions;
  /** What is to be written. */
  readonly live: Generation;
  readonly files: ConfigFiles;
  readonly writer: ConfigWriter;
};

export function placeChanges(changes: readonly Change[], places: Places): readonly PlacedChange[] {
  const finder = new PlaceFinder(places);
  return changes.map((change) => ({ change, candidates: finder.candidatesOf(change), level: 0 }));
}

export function hasPlace({ candidates, level }: PlacedChange): boolean {
  return level < candidates.length;
}

class PlaceFinder {
  readonly #places: Places;
  readonly #local: string | undefined;
  readonly #only: boolean;
  readonly #takes = new Map<string, boolean>();

  constructor(places: Places) {
    const { live, filed } = places;
    this.#places = places;
    this.#local = localChangesPath(live, filed.files);
    this.#only = live.getBoolean([], 'Local_Changes_Only') === true;
  }

  candidatesOf(change: Change): readonly Candidate[] {
    const { definitions, filed } = this.#places;
    const { steps } = change;
    if (change.kind === 'unset' || change.kind === 'drop') {
      const all = change.kind === 'drop' ? definitions.scope(steps) : definitions.option(steps, change.name);
      return all.length > 0 && all.every(({ at }) => this.#isOpen(at.file)) ? [{ op: 'remove', all }] : [];
    }
    const candidates: Candidate[] = [];
    const defined = change.kind === 'set' ? definitions.option(steps, change.option.name).at(-1) : undefined;
    if (defined !== undefined && this.#isOpen(defined.at.file))
      candidates.push({ op: 'replace', at: defined });
    const [main] = filed.files;
    const global = steps.length === 0 ? filed.files.filter((file) => file.global) : [];
    const opening = [...definitions.scope(steps).map(({ at }) => at.file), ...global.map(({ path }) => path)];
    for (const file of [opening.find((path) => this.#isOpen(path)), this.#local, main?.path]) {
      if (file !== undefined && this.#isOpen(file)) candidates.push({ op: 'into', file });
    }
    return candidates;
  }

  /** Whether changes may be written into a file. */
  #isOpen(path: string): boolean {
    const known = this.#takes.get(path);
    if (known !== undefined) return known;
    const { filed, files, writer } = this.#places;
    const loaded = filed.files.find((file) => file.path === path);
    // A file that exists and is not part of the configuration is somebody else's.
    const foreign = loaded === undefined && files.kindOf(path) !== 'missing';
    const allowed = !foreign && loaded?.readonly !== true && (!this.#only || path === this.#local);
    const takes = allowed && writer.isWritable(path);
    this.#takes.set(path, takes);
    return takes;
  }
}

/** Undefined when it is set to nothing. */
function localChangesPath(live: Generation, files: readonly LoadedFile[]): string | undefined {
  const name = live.getString([], LOCAL_CHANGES_FILE);
  const main = files[0]?.path;
  return name === undefined || name === '' || main === undefined
    ? undefined
    : joinPath(directoryOf(main), name);
}

/** The new texts of the files that change. Moves a change on whose place turns out to be impossible. */
export function textsWith(placed: readonly PlacedChange[], places: Places): ReadonlyMap<string, string> {
  const writing = new Writing(places);
  for (const one of placed) {
    for (let at = one.candidates[one.level]; at !== undefined; at = one.candidates[one.level]) {
      if (writing.add(one.change, at)) break;
      one.level += 1;
    }
  }
  return writing.texts();
}

type Insertion = {
  readonly edit: TextEdit;
  readonly at: Definition | undefined;
  readonly depth: number;
  readonly changes: Change[];
};

class Writing {
  readonly #places: Places;
  readonly #edits = new Map<string, TextEdit>();
  readonly #befores = new Map<string, string>();
  /** Grouped by place, so that what goes into one new scope is written as one. */
  readonly #insertions = new Map<string, Insertion>();

  constructor(places: Places) {
    this.#places = places;
  }

  add(change: Change, candidate: Candidate): boolean {
    switch (candidate.op) {
      case 'replace': {
        if (change.kind !== 'set') return false;
        const { name, at } = candidate.at;
        return this.#edit(at.file)?.replaceValue(at, name, printValue(change.option.value)) === true;
      }
      case 'remove':
        return candidate.all.every(({ name, at }) => {
          const edit = this.#edit(at.file);
          return change.kind === 'drop'
            ? edit?.removeScope(at) === true
            : edit?.removeOption(at, name) === true;
        });
      case 'into':
        return this.#into(candidate.file, change);
      default:
        return unreachable(candidate);
    }
  }

  texts(): ReadonlyMap<string, string> {
    for (const { edit, at, depth, changes } of this.#insertions.values()) {
      const lines = changeLines(changes, depth);
      if (at === undefined) edit.append(lines);
      else edit.insertInScope(at.at, lines);
    }
    const texts = [...this.#edits].map(([file, edit]) => [file, edit.result()] as const);
    return new Map(texts.filter(([file, text]) => text !== this.#befores.get(file)));
  }

  #into(file: string, change: Change): boolean {
    for (let depth = change.steps.length; depth > 0; depth -= 1) {
      const opened = this.#places.definitions.scope(change.steps.slice(0, depth));
      const here = opened.find(({ at }) => at.file === file && this.#edit(file)?.hasBraces(at) === true);
      if (here !== undefined) return this.#insert(file, here, depth, change);
    }
    const loaded = this.#places.filed.files.find(({ path }) => path === file);
    // What is included inside a scope belongs to that scope.
    return loaded?.global !== false && this.#insert(file, undefined, 0, change);
  }

  #insert(file: string, at: Definition | undefined, depth: number, change: Change): boolean {
    const edit = this.#edit(file);
    if (edit === undefined) return false;
    const key = `${file}\0${at === undefined ? 'end' : `${at.at.line}:${at.at.column}`}`;
    const insertion = this.#insertions.get(key) ?? { edit, at, depth, changes: [] };
    insertion.changes.push(change);
    this.#insertions.set(key, insertion);
    return true;
  }

  /** Undefined when the file cannot be read; a file that is not there is empty. */
  #edit(file: string): TextEdit | undefined {
    const known = this.#edits.get(file);
    if (known !== undefined) return known;
    const { files } = this.#places;
    const missing = files.kindOf(file) === 'missing';
    const text = missing ? undefined : files.read(file, FILE_CHARACTERS_MAX);
    if (text?.ok === false) return undefined;
    const edit = new TextEdit(file, text?.value ?? '');
    this.#edits.set(file, edit);
    if (text !== undefined) this.#befores.set(file, text.value);
    return edit;
  }
}
