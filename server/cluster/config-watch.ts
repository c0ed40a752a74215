/**
 * Notices what a command did to the live configuration: generations that went live and reloads that were tried, as
 * effects for the process. Asked after each command, whoever sent it. Changes nothing itself.
 */

import type { LiveConfigurationApi, ReloadResult } from '../conf/live-api.ts';
import type { ConfigStatus, Query } from '../wire/options.ts';
import type { AppEffect } from './process-app.ts';
import { commandsAnswer, optionsAnswer, statusOf } from './query-answers.ts';

export class ConfigWatch {
  readonly #config: LiveConfigurationApi;
  /** The console whose grammar is told; complete once the process runs. */
  readonly #commands: () => Parameters<typeof commandsAnswer>[0];
  #lastReload: ReloadResult | undefined;
  #optionNotes: readonly string[] = [];
  #listenerNotes: readonly string[] = [];

  constructor(config: LiveConfigurationApi, commands: () => Parameters<typeof commandsAnswer>[0]) {
    this.#config = config;
    this.#commands = commands;
    this.#lastReload = config.lastReload;
  }

  /** Everything since the last call, in the order in which it happened. */
  take(): readonly AppEffect[] {
    const effects: AppEffect[] = this.#config
      .takeChanges()
      .map((change) => ({ type: 'optionsChanged', change }));
    const { lastReload } = this.#config;
    if (lastReload !== undefined && lastReload !== this.#lastReload) {
      effects.push({ type: 'reloaded', result: lastReload });
    }
    this.#lastReload = lastReload;
    return effects;
  }

  /** What the modules could not use of the live options; told with them until the next generation. */
  noteOptions(problems: readonly string[]): void {
    this.#optionNotes = problems;
  }

  /** Endpoints that could not be opened. */
  noteListeners(problems: readonly string[]): void {
    this.#listenerNotes = problems;
  }

  endSession(session: string): void {
    this.#config.endSession(session);
  }

  status(): ConfigStatus {
    return statusOf(this.#config);
  }

  /** JSON of the answer to a query; undefined for one that is not of the configuration. */
  answer(what: Query): string | undefined {
    if (what !== 'options' && what !== 'commands') return undefined;
    if (what === 'commands') return JSON.stringify(commandsAnswer(this.#commands()));
    return JSON.stringify(optionsAnswer(this.#config, [...this.#optionNotes, ...this.#listenerNotes]));
  }
}
