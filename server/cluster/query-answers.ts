/**
 * What a process answers when it is asked about itself: its options with their values and origins, and the grammar of
 * its console, both bounded. Takes the live configuration as it is, changes nothing.
 */

import type { LiveConfigurationApi, ReloadResult } from '../conf/live-api.ts';
import type { CommandInfo } from '../console/command-tree.ts';
import {
  type CommandsReply,
  type ConfigStatus,
  OPTIONS_MAX,
  type OptionsReply,
  RELOAD_DIAGNOSTICS_MAX,
  type ReloadView,
  SCOPES_MAX,
} from '../wire/options.ts';

/** @param notUsed what of the live options cannot be had, such as a listener that could not be opened. */
export function optionsAnswer(config: LiveConfigurationApi, notUsed: readonly string[] = []): OptionsReply {
  const { generation, lastReload } = config;
  const scopes = config.describe(OPTIONS_MAX);
  const told = scopes.filter(({ options, configured, omitted }) =>
    omitted > 0 ? options.length > 0 : options.length > 0 || configured,
  );
  return {
    generation: config.number,
    sinceMs: config.sinceWallMs,
    files: generation.files.map(({ path, readonly }) => ({ path, readonly })),
    unsaved: config.unsaved,
    lastReload: lastReload === undefined ? null : reloadView(lastReload),
    notUsed: notUsed.slice(0, RELOAD_DIAGNOSTICS_MAX),
    scopes: told.slice(0, SCOPES_MAX).map(({ path, configured, options }) => ({
      path,
      configured,
      options: options.map((option) => ({ ...option, ...copies(option) })),
    })),
    omitted:
      scopes.reduce((sum, { omitted }) => sum + omitted, 0) +
      told.slice(SCOPES_MAX).reduce((sum, { options }) => sum + options.length, 0),
  };
}

export function commandsAnswer(commands: readonly CommandInfo[]): CommandsReply {
  return {
    commands: commands.map(({ words, usage, help, class: commandClass, parameters }) => ({
      words,
      usage,
      help,
      class: commandClass,
      parameters: parameters.map(({ name, optional, choices }) => ({
        name,
        optional: optional ?? false,
        choices: [...(choices ?? [])],
      })),
    })),
  };
}

export function statusOf({ number, sinceWallMs, unsaved, lastReload }: LiveConfigurationApi): ConfigStatus {
  return {
    generation: number,
    sinceMs: sinceWallMs,
    unsaved,
    lastReload:
      lastReload === undefined
        ? null
        : { ok: lastReload.ok, atMs: lastReload.atWallMs, errors: lastReload.errors },
  };
}

function reloadView(reload: ReloadResult): ReloadView {
  const { ok, atWallMs, user, errors, warnings, diagnostics } = reload;
  return {
    ok,
    atMs: atWallMs,
    user,
    errors,
    warnings,
    diagnostics: diagnostics.slice(0, RELOAD_DIAGNOSTICS_MAX),
  };
}

function copies({
  default: standard,
  value,
}: {
  default: readonly string[] | null;
  value: readonly string[] | null;
}) {
  return {
    default: standard === null ? null : [...standard],
    value: value === null ? null : [...value],
  };
}
