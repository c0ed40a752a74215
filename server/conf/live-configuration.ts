/**
 * The configuration of a running process. There is always one complete, checked generation; a command makes a new one
 * or changes nothing. Files are read by `config reload` and written by `config writeback`, never in between.
 */

import {
  agoText,
  CHANGE_NOTES_MAX,
  type ChangeNote,
  effectNotes,
  noteOf,
  noteText,
  optionChanges,
} from './change-record.ts';
import { checkMeaning } from './check-meaning.ts';
import { checkOptions } from './check-options.ts';
import type { ConfigWriter } from './config-files.ts';
import { answered, CONFIG_USAGE, duravipWarnings, invalidText, refused } from './config-texts.ts';
import { describeScopes } from './describe.ts';
import { DIAGNOSTICS_MAX, DiagnosticSink, formatDiagnostics, shown } from './diagnostics.ts';
import { ANNOUNCE_NOTE, touchesDuravip } from './duravip-changes.ts';
import { type Edit, readSetEdit, readUnsetEdit } from './edits.ts';
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
import { answerConfigQuery, type ConfigAnswer } from './queries.ts';
import { type ScopeNode, scopeNode } from './scope-tree.ts';
import { CONSOLE_PLACE } from './set-words.ts';
import { TRANSACTION_COMMANDS_MAX, type Transaction, Transactions } from './transactions.ts';
import { diffTrees, sameTree } from './tree-diff.ts';
import { applied, changesBetween } from './tree-items.ts';
import { writeBack, writeChangesTo } from './writeback.ts';

/** Options that may differ from the files before one of `writeback` and `reload` is needed. */
export const UNSAVED_MAX = 10_000;
/** Changes that wait to be taken; beyond it the newest ones are told as one. */
export const PENDING_CHANGES_MAX = 64;

const DEPEND_HINT =
  'Options that depend on one another change together, between config begin and config commit';

export type LiveSource = {
  /** How the files are read again. */
  readonly request: LoadRequest;
  readonly writer: ConfigWriter;
};

type Pending = { readonly from: Generation; readonly change: GenerationChange };

export class LiveConfiguration implements LiveConfigurationApi {
  readonly #writer: ConfigWriter;
  readonly #request: LoadRequest;
  /** Options that cannot change at run time work with its values. */
  readonly #started: Generation;
  readonly #origins = new ConsoleOrigins();
  readonly #transactions = new Transactions();
  readonly #notes: ChangeNote[] = [];
  #pending: Pending[] = [];
  #live: Generation;
  /** What the files say. */
  #filed: Generation;
  #number = 1;
  #sinceWallMs: number;
  /** How they were read; another file than `#request` after `config reload /path`. */
  #read: LoadRequest;
  #unsaved = 0;
  #lastReload: ReloadResult | undefined;

  /** @param first what the process started with, as read from the files. */
  constructor(first: Generation, source: LiveSource, nowWallMs: number) {
    this.#writer = source.writer;
    this.#started = first;
    this.#live = first;
    this.#filed = first;
    this.#request = source.request;
    this.#read = source.request;
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

  describe(optionsMax = Number.POSITIVE_INFINITY): readonly ScopeFacts[] {
    return describeScopes(this.#live, this.#started, this.#origins, optionsMax);
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
        return this.#writeback(rest, transaction);
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
    const problem = this.#problemOf(after, DEPEND_HINT);
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
    checkOptions(edit.root, this.#live.registry, sink, transaction.draft.root);
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
      beganWallMs: nowWallMs,
      base: this.#live,
      baseNumber: this.#number,
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
    const request = path === undefined ? this.#request : { ...this.#request, mainFile: path };
    const loaded = loadConfiguration(request);
    this.#lastReload = reloadResult(loaded, caller.user, nowWallMs);
    if (loaded.generation === undefined) return refused('Reconfigure failed', formatDiagnostics(loaded));
    this.#filed = loaded.generation;
    this.#read = request;
    const notes = this.#goLive(loaded.generation, 'reload', caller.user, nowWallMs);
    return answered('OK', ...notes, ...duravipWarnings(loaded));
  }

  #writeback(words: readonly string[], transaction: Transaction | undefined): ConfigAnswer {
    if (transaction !== undefined) {
      return refused(
        'config writeback writes what is live: config commit or config rollback ends the transaction',
      );
    }
    const [path, ...more] = words;
    if (more.length > 0) return refused('config writeback takes nothing or the absolute path of a file');
    const task = { request: this.#read, writer: this.#writer, filed: this.#filed, live: this.#live };
    if (path !== undefined) return writeChangesTo(path, task);
    const { answer, wrote, filed } = writeBack(task);
    if (wrote) this.#adopt(filed ?? loadConfiguration(this.#read).generation);
    return answer;
  }

  /** Takes over where things stand now. No value changes, so nobody hears of it. */
  #adopt(filed: Generation | undefined): void {
    if (filed === undefined) return;
    const changes = changesBetween(filed.root, this.#live.root);
    const root = applied(filed.root, changes, CONSOLE_PLACE);
    this.#filed = filed;
    this.#live = new Generation(
      this.#origins.kept(root, this.#live.root, filed.root),
      filed.registry,
      filed.files,
    );
    this.#unsaved = differences(filed.root, this.#live.root);
  }

  /**
   * Why a configuration cannot go live.
   * @param hint for options that are right by themselves and wrong together.
   */
  #problemOf(after: Generation, ...hint: readonly string[]): ConfigAnswer | undefined {
    const sink = new DiagnosticSink();
    checkOptions(after.root, after.registry, sink, this.#live.root);
    if (sink.errors > 0) return invalidText(sink.list());
    checkMeaning(after, sink);
    if (sink.errors > 0) return invalidText(sink.list(), ...hint);
    const unsaved = differences(this.#filed.root, after.root);
    if (unsaved <= UNSAVED_MAX || unsaved <= this.#unsaved) return undefined;
    return refused(`more than ${UNSAVED_MAX} options differ from the files: config writeback saves them`);
  }

  /** @returns what is to be known: options that wait for a restart or have no effect, and what to do next. What changes nothing goes unnoticed. */
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
    this.#origins.note(after.root, from.root, { user, atMs: nowWallMs });
    this.#unsaved = differences(this.#filed.root, after.root);
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
    const notes = effectNotes(change);
    const many = cause === 'reload' || cause === 'commit';
    return many && touchesDuravip(from, after) ? [...notes, ANNOUNCE_NOTE] : notes;
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
