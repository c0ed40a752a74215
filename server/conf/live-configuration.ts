/**
 * The configuration of a running process. There is always one complete, checked generation; a command makes a new one
 * or changes nothing. Files are read by `config reload` and written by `config writeback`, never in between.
 */

import {
  agoText,
  CHANGE_NOTES_MAX,
  type ChangeNote,
  noteOf,
  noteText,
  optionChanges,
  placeName,
} from './change-record.ts';
import { checkMeaning } from './check-meaning.ts';
import { checkOptions } from './check-options.ts';
import type { ConfigWriter } from './config-files.ts';
import {
  answered,
  CONFIG_USAGE,
  invalidText,
  refused,
  restartText,
  setCommand,
  setText,
  unsetCommand,
  unsetText,
} from './config-texts.ts';
import { describeScopes } from './describe.ts';
import { DIAGNOSTICS_MAX, DiagnosticSink, formatDiagnostics, shown } from './diagnostics.ts';
import { isAbsolute } from './file-paths.ts';
import { Generation } from './generation.ts';
import type {
  ConfigCaller,
  GenerationChange,
  LiveConfigurationApi,
  ReloadResult,
  ScopeFacts,
} from './live-api.ts';
import { type LoadedConfiguration, type LoadRequest, loadConfiguration } from './load-configuration.ts';
import { ConsoleOrigins } from './origins.ts';
import {
  answerConfigQuery,
  type ConfigAnswer,
  isKnownOption,
  notSet,
  spelledPath,
  unknownName,
} from './queries.ts';
import { withOption, withoutOption, withoutScope } from './scope-edit.ts';
import { type ScopeStep, scopeAt, splitPath } from './scope-path.ts';
import { type ScopeNode, scopeNode } from './scope-tree.ts';
import { readSet, spelledSteps } from './set-words.ts';
import { TRANSACTION_COMMANDS_MAX, type Transaction, Transactions } from './transactions.ts';
import { diffTrees, sameTree, sameValue } from './tree-diff.ts';

/** Options that may differ from the files before one of `writeback` and `reload` is needed. */
export const UNSAVED_MAX = 10_000;
/** Changes that wait to be taken; beyond it the newest ones are told as one. */
export const PENDING_CHANGES_MAX = 64;

export type LiveSource = {
  /** How the files are read again. */
  readonly request: LoadRequest;
  readonly writer: ConfigWriter;
};

type Pending = { readonly from: Generation; readonly change: GenerationChange };
type Edit = {
  readonly root: ScopeNode;
  readonly command: string;
  readonly answer: (now: Generation) => ConfigAnswer;
};

export class LiveConfiguration implements LiveConfigurationApi {
  readonly #source: LiveSource;
  /** Options that cannot change at run time work with its values. */
  readonly #started: Generation;
  readonly #origins = new ConsoleOrigins();
  readonly #transactions = new Transactions();
  readonly #notes: ChangeNote[] = [];
  #pending: Pending[] = [];
  #live: Generation;
  /** What the files say. */
  #filed: ScopeNode;
  #number = 1;
  #sinceWallMs: number;
  #unsaved = 0;
  #lastReload: ReloadResult | undefined;

  /** @param first what the process started with, as read from the files. */
  constructor(first: Generation, source: LiveSource, nowWallMs: number) {
    this.#source = source;
    this.#started = first;
    this.#live = first;
    this.#filed = first.root;
    this.#sinceWallMs = nowWallMs;
  }

  get generation(): Generation {
    return this.#live;
  }

  get number(): number {
    return this.#number;
  }

  get sinceWallMs(): number {
    return this.#sinceWallMs;
  }

  get unsaved(): number {
    return this.#unsaved;
  }

  get lastReload(): ReloadResult | undefined {
    return this.#lastReload;
  }

  takeChanges(): readonly GenerationChange[] {
    const taken = this.#pending.map(({ change }) => change);
    this.#pending = [];
    return taken;
  }

  endSession(session: string): void {
    this.#transactions.end(session);
  }

  describe(): readonly ScopeFacts[] {
    return describeScopes(this.#live, this.#started, this.#origins);
  }

  command(words: readonly string[], caller: ConfigCaller, nowWallMs: number): ConfigAnswer {
    this.#transactions.expire(nowWallMs);
    const transaction = this.#transactions.of(caller.session);
    if (transaction !== undefined) transaction.lastWallMs = nowWallMs;
    const [verb = 'help', ...rest] = words;
    switch (verb.toLowerCase()) {
      case 'set':
        return this.#edit(readSetEdit(this.#seenBy(transaction), rest), 'set', caller, nowWallMs);
      case 'unset':
        return this.#edit(readUnsetEdit(this.#seenBy(transaction), rest), 'unset', caller, nowWallMs);
      case 'begin':
        return this.#begin(rest, caller, nowWallMs);
      case 'commit':
        return this.#commit(transaction, caller, nowWallMs);
      case 'rollback':
        this.#transactions.end(caller.session);
        return transaction === undefined ? noTransaction() : answered('OK');
      case 'replay':
        return transaction === undefined ? noTransaction() : answered(...transaction.commands);
      case 'reload':
        return this.#reload(rest, transaction, caller, nowWallMs);
      case 'writeback':
        return refused('config writeback is not available');
      case 'help':
        return answered(...CONFIG_USAGE);
      default:
        return (
          answerConfigQuery(this.#seenBy(transaction), words) ??
          refused(`'${shown(verb)}' is not one of the config commands:`, ...CONFIG_USAGE)
        );
    }
  }

  #seenBy(transaction: Transaction | undefined): Generation {
    return transaction?.draft ?? this.#live;
  }

  #edit(
    edit: Edit | ConfigAnswer,
    cause: 'set' | 'unset',
    caller: ConfigCaller,
    nowWallMs: number,
  ): ConfigAnswer {
    if ('text' in edit) return edit;
    const transaction = this.#transactions.of(caller.session);
    if (transaction !== undefined) return this.#editDraft(edit, transaction);
    const after = this.#withRoot(edit.root);
    const problem = this.#problemOf(after);
    if (problem !== undefined) return problem;
    this.#goLive(after, cause, caller.user, nowWallMs);
    return edit.answer(after);
  }

  /** What needs more than one option is checked by the commit. */
  #editDraft(edit: Edit, transaction: Transaction): ConfigAnswer {
    if (transaction.commands.length >= TRANSACTION_COMMANDS_MAX) {
      return refused(
        `a transaction holds ${TRANSACTION_COMMANDS_MAX} commands; config commit or config rollback ends it`,
      );
    }
    const sink = new DiagnosticSink();
    checkOptions(edit.root, this.#live.registry, sink);
    if (sink.errors > 0) return invalidText(sink.list());
    transaction.draft = this.#withRoot(edit.root);
    transaction.commands.push(edit.command);
    return edit.answer(transaction.draft);
  }

  #begin(words: readonly string[], caller: ConfigCaller, nowWallMs: number): ConfigAnswer {
    const option = words.join(' ').toLowerCase();
    if (option !== '' && option !== 'from scratch') {
      return refused(`config begin takes nothing or 'from scratch', not '${shown(option)}'`);
    }
    const fromScratch = option !== '';
    const { root } = this.#live;
    const begun = this.#transactions.begin({
      session: caller.session,
      user: caller.user,
      beganWallMs: nowWallMs,
      base: this.#live,
      baseNumber: this.#number,
      fromScratch,
      draft: fromScratch ? this.#withRoot(scopeNode(root, [])) : this.#live,
      commands: [],
      lastWallMs: nowWallMs,
    });
    return begun.ok ? answered('OK') : refused(begun.error);
  }

  #commit(transaction: Transaction | undefined, caller: ConfigCaller, nowWallMs: number): ConfigAnswer {
    if (transaction === undefined) return noTransaction();
    if (!sameTree(transaction.base.root, this.#live.root)) return this.#overtaken(transaction, nowWallMs);
    const after = this.#withRoot(transaction.draft.root);
    const problem = this.#problemOf(after);
    if (problem !== undefined) return problem;
    this.#transactions.end(caller.session);
    const waiting = this.#goLive(after, 'commit', caller.user, nowWallMs);
    return answered('OK', ...waiting);
  }

  #overtaken({ beganWallMs, baseNumber }: Transaction, nowWallMs: number): ConfigAnswer {
    const since = this.#notes.filter(({ number }) => number > baseNumber);
    const missing = this.#number - baseNumber - since.length;
    return refused(
      `Commit refused: the configuration changed after this transaction began, ${agoText(beganWallMs, nowWallMs)}`,
      ...(missing > 0 ? [`  ${missing} earlier changes not shown`] : []),
      ...since.map((note) => `  ${noteText(note, nowWallMs)}`),
      'config replay shows the commands of this transaction; config rollback ends it, config begin starts a new one',
    );
  }

  #reload(
    words: readonly string[],
    transaction: Transaction | undefined,
    caller: ConfigCaller,
    nowWallMs: number,
  ): ConfigAnswer {
    if (transaction !== undefined) {
      return refused(
        'config reload is not possible inside a transaction: config commit or config rollback ends it',
      );
    }
    const [path, ...more] = words;
    if (more.length > 0 || (path !== undefined && !isAbsolute(path))) {
      return refused('config reload takes nothing or the absolute path of a configuration file');
    }
    const { request } = this.#source;
    const loaded = loadConfiguration(path === undefined ? request : { ...request, mainFile: path });
    this.#lastReload = reloadResult(loaded, caller.user, nowWallMs);
    if (loaded.generation === undefined) return refused('Reconfigure failed', formatDiagnostics(loaded));
    this.#filed = loaded.generation.root;
    return answered('OK', ...this.#goLive(loaded.generation, 'reload', caller.user, nowWallMs));
  }

  /** Why a configuration cannot go live. */
  #problemOf(after: Generation): ConfigAnswer | undefined {
    const sink = new DiagnosticSink();
    checkOptions(after.root, after.registry, sink);
    checkMeaning(after, sink);
    if (sink.errors > 0) return invalidText(sink.list());
    const unsaved = differences(this.#filed, after.root);
    if (unsaved <= UNSAVED_MAX || unsaved <= this.#unsaved) return undefined;
    return refused(`more than ${UNSAVED_MAX} options differ from the files: config writeback saves them`);
  }

  /** @returns a line for each option that waits for a restart. A change that changes nothing goes unnoticed. */
  #goLive(
    after: Generation,
    cause: GenerationChange['cause'],
    user: string,
    nowWallMs: number,
  ): readonly string[] {
    const from = this.#live;
    if (cause !== 'reload' && sameTree(from.root, after.root)) return [];
    this.#live = after;
    this.#number += 1;
    this.#sinceWallMs = nowWallMs;
    this.#origins.note(after.root, { user, atMs: nowWallMs });
    this.#unsaved = differences(this.#filed, after.root);
    const change = {
      generation: after,
      number: this.#number,
      cause,
      user,
      changes: optionChanges(from, after),
    };
    this.#remember(from, change);
    this.#notes.push(noteOf(change, nowWallMs));
    if (this.#notes.length > CHANGE_NOTES_MAX) this.#notes.shift();
    return change.changes
      .filter(({ dynamic }) => !dynamic)
      .map(({ steps, option }) => restartText(placeName(after, steps, option)));
  }

  #remember(from: Generation, change: GenerationChange): void {
    const last = this.#pending.length < PENDING_CHANGES_MAX ? undefined : this.#pending.pop();
    if (last === undefined) this.#pending.push({ from, change });
    else {
      const changes = optionChanges(last.from, change.generation);
      this.#pending.push({ from: last.from, change: { ...change, changes } });
    }
  }

  #withRoot(root: ScopeNode): Generation {
    return new Generation(root, this.#live.registry, this.#live.files);
  }
}

function readSetEdit(generation: Generation, words: readonly string[]): Edit | ConfigAnswer {
  const read = readSet(generation, words);
  if (!read.ok) return read.error;
  const { steps, option } = read.value;
  const before = scopeAt(generation.root, steps)?.options.get(option.name.toLowerCase());
  const node = before !== undefined && sameValue(before.value, option.value) ? before : option;
  return {
    // An alias of the option would stand beside it otherwise.
    root: withOption(withoutAliases(generation, generation.root, steps, option.name), steps, node),
    command: setCommand(generation, steps, option),
    answer: (now) => setText(now, steps, option),
  };
}

function readUnsetEdit(generation: Generation, words: readonly string[]): Edit | ConfigAnswer {
  const split = splitPath(generation.root, generation.registry, words);
  const steps = spelledSteps(generation, split.steps);
  const [name, ...more] = split.rest;
  if (name === undefined && steps.length === 0) {
    return refused('config unset needs the name of an option or scope; the global scope cannot be unset');
  }
  if (name === undefined) {
    const path = spelledPath(generation, steps);
    if (split.scope === undefined) return refused(`The scope '${shown(path)}' is not configured`);
    return {
      root: withoutScope(generation.root, steps),
      command: unsetCommand(steps, undefined),
      answer: () => answered(`The scope '${path}' has been unset`),
    };
  }
  if (more.length > 0 || !isKnownOption(generation, steps, name)) return unknownName(generation, steps, name);
  const option = generation.entry(steps, name)?.name ?? name;
  const stripped = withoutAliases(generation, generation.root, steps, option);
  const root = withoutOption(stripped, steps, option);
  if (root === generation.root) return notSet(generation, steps, option);
  return {
    root,
    command: unsetCommand(steps, option),
    answer: (now) => unsetText(now, steps, option),
  };
}

function withoutAliases(
  { registry }: Generation,
  root: ScopeNode,
  steps: readonly ScopeStep[],
  option: string,
): ScopeNode {
  const table = registry.scope(steps.map((step) => step.name))?.table;
  const aliases = (table?.options ?? []).filter(
    ({ aliasOf }) => aliasOf?.toLowerCase() === option.toLowerCase(),
  );
  return aliases.reduce((tree, alias) => withoutOption(tree, steps, alias.name), root);
}

/** Options that differ; of scopes without options, the scopes. */
function differences(filed: ScopeNode, live: ScopeNode): number {
  const changes = diffTrees(filed, live);
  const options = changes.filter(({ kind }) => kind === 'option').length;
  return options === 0 ? changes.length : options;
}

function noTransaction(): ConfigAnswer {
  return refused('No transaction is open: config begin starts one');
}

function reloadResult(loaded: LoadedConfiguration, user: string, atWallMs: number): ReloadResult {
  const lines = loaded.diagnostics
    .slice(0, DIAGNOSTICS_MAX)
    .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  const { errors, warnings } = loaded;
  return { ok: loaded.generation !== undefined, atWallMs, user, errors, warnings, diagnostics: lines };
}
