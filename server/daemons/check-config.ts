/** `muster check-config`: reads a configuration file as a node would, and says what is wrong with it. Starts nothing. */

import { hostname } from 'node:os';
import { readConfiguration } from './configuration.ts';

export type ConfigCheck = {
  readonly valid: boolean;
  /** Diagnostics with file, line, column and hint; the documented word on a valid configuration. */
  readonly text: string;
};

/** @param file a path, or a bare name to look for along the search path */
export function checkConfig(file: string, env: Readonly<Record<string, string | undefined>>): ConfigCheck {
  const { generation, text } = readConfiguration({
    file,
    searchPath: env['EC_CONF_SEARCH_PATH'],
    nodeName: env['EC_NODE_NAME'] ?? hostname().split('.')[0] ?? '',
    subcluster: env['EC_SUB_CLUSTER'] ?? 'default',
  });
  const valid = generation !== undefined;
  const lines = [text, valid ? 'Configuration valid' : ''];
  return { valid, text: lines.filter((line) => line !== '').join('\n') };
}
