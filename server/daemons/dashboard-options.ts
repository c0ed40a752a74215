/** The arguments of `muster dashboard`: names, defaults, and one clear line for each that does not fit. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readBusKeys } from '../adapters/bus-keys.ts';
import { err, ok, type Result } from '../base/result.ts';
import { parseEndpoint } from '../conf/addresses.ts';
import { type GroupName, parseGroupName } from '../model/names.ts';
import { clusterRow, type Row } from '../wire/live.ts';

export const DASHBOARD_PORT_DEFAULT = 4_880;

export const DASHBOARD_HELP = `Usage: muster dashboard [OPTIONS]

  --host ADDRESS           address to listen on (default 127.0.0.1)
  --port P                 port of the pages (default ${DASHBOARD_PORT_DEFAULT}; 0 for any free one)
  --data DIR               folder of accounts, audit log and jobs (default ./data/dashboard)
  --server HOST:PORT       bus server; may be repeated, tried in order (default 127.0.0.1:4809)
  --bus-key-file F         file with the key of the bus, absolute path: the auth_key_file of its servers
  --cluster-name NAME      name of the cluster on the pages; typed to confirm what can break it
  --environment NAME       such as Production (default Cluster)
  --environment-colour C   #rrggbb (default #5b6472)
  --environment-pattern P  solid, diagonal or dotted (default solid)
  --cluster-group GROUP    as cluster.cluster_group of the nodes (default ec_cluster)
  --control-group GROUP    as cluster.control_group of the nodes (default ec_console)
  --origin ORIGIN          address browsers use, such as https://muster.example.org; may be repeated
                           (default: http on the listening address)
  --trusted-proxy ADDRESS  reverse proxy whose X-Forwarded-For is believed; may be repeated
  --metrics-token-file F   file with the bearer token that opens /metrics beyond loopback
  --site DIR               folder of the exported pages (default: beside the program)
`;

export type DashboardOptions = {
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly dataFolder: string;
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** Can be read and holds keys; undefined for a bus without keys. */
  readonly busKeyFile: string | undefined;
  readonly clusterName: string;
  readonly environment: Row<'cluster'>['environment'];
  readonly clusterGroup: GroupName;
  readonly controlGroup: GroupName;
  readonly origins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly metricsToken: string | undefined;
  /** Absolute; undefined for the folder beside the program. */
  readonly site: string | undefined;
};

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const ARGUMENTS = {
  host: text,
  port: text,
  data: text,
  server: texts,
  'bus-key-file': text,
  'cluster-name': text,
  environment: text,
  'environment-colour': text,
  'environment-pattern': text,
  'cluster-group': text,
  'control-group': text,
  origin: texts,
  'trusted-proxy': texts,
  'metrics-token-file': text,
  site: text,
} as const;

/** The error is one line for each argument that does not fit. */
export function parseDashboardOptions(args: readonly string[]): Result<DashboardOptions, string> {
  const given = readArguments(args);
  if (!given.ok) return given;
  const { value } = given;
  const problems: string[] = [];
  const take = <T>(result: Result<T, string>, otherwise: T): T => {
    if (result.ok) return result.value;
    problems.push(result.error);
    return otherwise;
  };
  const group = (name: 'cluster-group' | 'control-group', standard: string): GroupName | undefined => {
    const parsed = parseGroupName(value[name] ?? standard);
    if (!parsed.ok) problems.push(`--${name}: ${parsed.error}`);
    return parsed.ok ? parsed.value : undefined;
  };
  const clusterGroup = group('cluster-group', 'ec_cluster');
  const controlGroup = group('control-group', 'ec_console');
  const port = take(portOf(value.port), 0);
  const servers = (value.server ?? ['127.0.0.1:4809']).flatMap((server) => {
    const endpoint = parseEndpoint(server);
    if (!endpoint.ok) problems.push(`--server: ${endpoint.error}`);
    return endpoint.ok ? [endpoint.value] : [];
  });
  const busKeyFile = take(keyFileOf(value['bus-key-file']), undefined);
  const environment = take(environmentOf(value), clusterRow.shape.environment.parse(STANDARD_ENVIRONMENT));
  const metricsToken = take(tokenIn(value['metrics-token-file']), undefined);
  for (const origin of value.origin ?? []) take(originOf(origin), origin);
  if (problems.length > 0 || clusterGroup === undefined || controlGroup === undefined) {
    return err(problems.join('\n'));
  }
  return ok({
    host: value.host ?? '127.0.0.1',
    port,
    dataFolder: path.resolve(value.data ?? 'data/dashboard'),
    servers,
    busKeyFile,
    clusterName: value['cluster-name'] ?? clusterGroup,
    environment,
    clusterGroup,
    controlGroup,
    origins: value.origin ?? [],
    trustedProxies: value['trusted-proxy'] ?? [],
    metricsToken,
    site: value.site === undefined ? undefined : path.resolve(value.site),
  });
}

const STANDARD_ENVIRONMENT = { name: 'Cluster', pattern: 'solid', colour: '#5b6472' };

function readArguments(args: readonly string[]) {
  try {
    const options = ARGUMENTS;
    return ok(parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values);
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

function portOf(given: string | undefined): Result<number, string> {
  if (given === undefined) return ok(DASHBOARD_PORT_DEFAULT);
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (port <= 65_535) return ok(port);
  return err(`--port takes a whole number from 0 to 65535, not ${JSON.stringify(given)}`);
}

function environmentOf(given: {
  readonly environment?: string | undefined;
  readonly 'environment-colour'?: string | undefined;
  readonly 'environment-pattern'?: string | undefined;
}): Result<Row<'cluster'>['environment'], string> {
  const colour = given['environment-colour'] ?? STANDARD_ENVIRONMENT.colour;
  if (!/^#[\da-f]{6}$/i.test(colour)) return err('--environment-colour takes #rrggbb');
  const name = given.environment ?? STANDARD_ENVIRONMENT.name;
  const pattern = given['environment-pattern'] ?? STANDARD_ENVIRONMENT.pattern;
  const parsed = clusterRow.shape.environment.safeParse({ name, pattern, colour });
  return parsed.success ? ok(parsed.data) : err('--environment-pattern takes solid, diagonal or dotted');
}

function originOf(origin: string): Result<string, string> {
  const problem = `--origin takes scheme, host and port, such as https://muster.example.org, not ${JSON.stringify(origin)}`;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  const exact = url !== undefined && /^https?:$/.test(url.protocol) && url.origin === origin.toLowerCase();
  return exact ? ok(origin) : err(problem);
}

function keyFileOf(file: string | undefined): Result<string | undefined, string> {
  if (file === undefined) return ok(undefined);
  const keys = readBusKeys(file);
  return keys.ok ? ok(file) : err(`--bus-key-file: ${keys.error}`);
}

function tokenIn(file: string | undefined): Result<string | undefined, string> {
  if (file === undefined) return ok(undefined);
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === '' ? err(`--metrics-token-file: ${file} is empty`) : ok(token);
  } catch (error) {
    return err(`--metrics-token-file: ${error instanceof Error ? error.message : String(error)}`);
  }
}
