/**
 * The configuration of a running process as its console and its modules see it: one live generation, changed only as a
 * whole. `live-configuration.ts` implements it; the cluster room wires it to commands and cores.
 */

import type { Value } from './ast.ts';
import type { Generation } from './generation.ts';
import type { ConfigAnswer } from './queries.ts';
import type { ScopeStep } from './scope-path.ts';

/** Transactions of different sessions are isolated; a session that ends takes its own with it. */
export type ConfigCaller = { readonly session: string; readonly user: string };

export type OptionChange = {
  readonly steps: readonly ScopeStep[];
  /** Documented spelling. */
  readonly option: string;
  /** Effective in its scope; undefined where nothing was, or is, set there. */
  readonly before: Value | undefined;
  readonly after: Value | undefined;
  /** False: it takes effect with the next start. */
  readonly dynamic: boolean;
};

/** A new generation went live. Modules hear it once, after it is complete. */
export type GenerationChange = {
  readonly generation: Generation;
  /** Counts from 1 for each start of the process. */
  readonly number: number;
  readonly cause: 'set' | 'unset' | 'commit' | 'reload';
  readonly user: string;
  readonly changes: readonly OptionChange[];
};

export type ReloadResult = {
  readonly ok: boolean;
  readonly atWallMs: number;
  readonly user: string;
  readonly errors: number;
  readonly warnings: number;
  /** `file:line:column: message`, bounded. */
  readonly diagnostics: readonly string[];
};

export type OptionOrigin =
  | { readonly kind: 'unset' | 'default' }
  | {
      readonly kind: 'file';
      readonly scope: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  | {
      readonly kind: 'console';
      readonly scope: string;
      readonly user: string;
      readonly atMs: number;
      readonly written: boolean;
    };

export type OptionFact = {
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  readonly dynamic: boolean;
  readonly restartNeeded: boolean;
  readonly default: readonly string[] | null;
  readonly source: string;
  readonly value: readonly string[] | null;
  readonly secret: boolean;
  readonly origin: OptionOrigin;
};

export type ScopeFacts = {
  readonly path: string;
  readonly configured: boolean;
  readonly options: readonly OptionFact[];
  /** Options that are left out because so many were asked for and no more. */
  readonly omitted: number;
};

export interface LiveConfigurationApi {
  readonly generation: Generation;
  readonly number: number;
  readonly sinceWallMs: number;
  /** Changes by console that are in no file. */
  readonly unsaved: number;
  readonly lastReload: ReloadResult | undefined;
  /**
   * Any `config …` command, reading or writing.
   * @param words after `config`, quotes removed.
   */
  command(words: readonly string[], caller: ConfigCaller, nowWallMs: number): ConfigAnswer;
  /** What went live since the last call, oldest first; empty most of the time. */
  takeChanges(): readonly GenerationChange[];
  endSession(session: string): void;
  /**
   * Every option of every configured scope and of every singleton scope with a table.
   * @param optionsMax of these, as many are told; everything without it.
   */
  describe(optionsMax?: number): readonly ScopeFacts[];
}
