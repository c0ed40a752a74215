/** The keys of the bus that a generation asks for: `auth_key_file` of server and client, read through a port. */

import { err, ok, type Result } from '../base/result.ts';
import type { Generation } from '../conf/generation.ts';
import type { BusSecrets } from '../msgc/auth.ts';
import type { BusOptions } from './process-options.ts';

/** The keys in a file; the error is one line for people, without anything of a key. */
export type KeyReader = (path: string) => Result<BusSecrets, string>;
export type BusOptionsOf = (generation: Generation) => Result<BusOptions, readonly string[]>;

const OPTION = 'auth_key_file';

/**
 * Options with keys, read anew for each generation: `config reload` is how another content of a file is taken over. A
 * file that cannot be used refuses the whole, so that a process never goes on with fewer keys than it was told to have.
 */
export function withKeys(optionsOf: BusOptionsOf, read: KeyReader): BusOptionsOf {
  return (generation) => {
    const bus = optionsOf(generation);
    const server = secretsOf(generation, 'msgc_server', read);
    // A process that says nothing about its client proves to its own server what that asks of others.
    const apart = generation.isSet(['msgc_client'], OPTION);
    const client = apart ? secretsOf(generation, 'msgc_client', read) : server;
    if (bus.ok && server.ok && client.ok) {
      return ok({
        server: { ...bus.value.server, secrets: server.value },
        client: { ...bus.value.client, secrets: client.value },
      });
    }
    const keyProblems = [server, client].flatMap((secrets) => (secrets.ok ? [] : [secrets.error]));
    return err([...(bus.ok ? [] : bus.error), ...new Set(keyProblems)]);
  };
}

/** An empty path means none, as one that is not set. */
function secretsOf(
  generation: Generation,
  scope: 'msgc_server' | 'msgc_client',
  read: KeyReader,
): Result<BusSecrets | undefined, string> {
  const path = generation.getString([scope], OPTION) ?? '';
  if (path === '') return ok(undefined);
  const secrets = read(path);
  return secrets.ok ? secrets : err(`${scope}.${OPTION}: ${secrets.error}`);
}
