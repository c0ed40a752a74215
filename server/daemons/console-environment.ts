/**
 * Where ec_console connects when nobody says where: CONTROL of the environment file (momentum.md 8.9), else the default.
 * The file is the one named on the command line, else `environment` in a folder of EC_CONF_SEARCH_PATH, else the
 * product's own.
 */

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { socketErrorText } from '../adapters/stream-endpoint.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  ENVIRONMENT_CHARACTERS_MAX,
  ENVIRONMENT_FILE_PATH,
  parseEnvironmentFile,
} from '../conf/environment-file.ts';
import { SEARCH_PATH_SEPARATOR } from '../conf/search-path.ts';
import { CONTROL_ENDPOINT_DEFAULT } from '../console/control-endpoint.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type DefaultEndpoint = {
  readonly address: string;
  /** What of the file could not be read, one line each. */
  readonly warnings: readonly string[];
};

/** Warnings shown; a file that is something else altogether has one a line. */
const WARNINGS_MAX = 5;

/** The error is one line: a file that was asked for by name cannot be read. */
export function defaultEndpoint(
  env: Environment,
  named: string | undefined,
): Result<DefaultEndpoint, string> {
  const file = named ?? candidates(env).find(isFile);
  if (file === undefined) return ok({ address: CONTROL_ENDPOINT_DEFAULT, warnings: [] });
  const text = read(file);
  if (!text.ok) {
    const problem = `cannot read ${file}: ${text.error}`;
    return named === undefined
      ? ok({ address: CONTROL_ENDPOINT_DEFAULT, warnings: [problem] })
      : err(problem);
  }
  const { variables, problems } = parseEnvironmentFile(text.value, env);
  const warnings = problems.slice(0, WARNINGS_MAX).map(({ line, message }) => `${file}:${line}: ${message}`);
  const control = variables.get('CONTROL')?.trim() ?? '';
  return ok({ address: control === '' ? CONTROL_ENDPOINT_DEFAULT : control, warnings });
}

/** Entries with a placeholder belong to one node; the file is per host. */
function candidates(env: Environment): readonly string[] {
  const entries = (env['EC_CONF_SEARCH_PATH'] ?? '').split(SEARCH_PATH_SEPARATOR);
  const folders = entries.filter((entry) => entry !== '' && !entry.includes('{'));
  return [...folders.map((folder) => path.join(folder, 'environment')), ENVIRONMENT_FILE_PATH];
}

function isFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // a folder that may not be looked into has no file for us
  }
}

function read(file: string): Result<string, string> {
  try {
    if (statSync(file).size > 4 * ENVIRONMENT_CHARACTERS_MAX) return err('it is too large');
    return ok(readFileSync(file, 'utf8'));
  } catch (cause) {
    return err(socketErrorText(cause));
  }
}
