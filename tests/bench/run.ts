/**
 * `bench NAME [--json FILE] [FLAGS]`: runs one benchmark and prints its numbers. Numbers never fail a build.
 */

import { writeFileSync } from 'node:fs';
import { servesSeeds } from '../sim/pool.ts';
import { busThroughput } from './bus/throughput.ts';
import { busViews } from './bus/views.ts';
import { busFuzz } from './bus-fuzz.ts';
import { busLarge } from './bus-large.ts';
import { duravipLarge } from './duravip-large.ts';
import { failover } from './failover.ts';
import { jlogBench } from './jlog.ts';
import { killToPixel } from './kill-to-pixel.ts';
import { logsBench } from './logs.ts';
import { isBareMail, runBareMail } from './mail/bare.ts';
import { mailBench } from './mail.ts';
import { replicationBench } from './replication.ts';
import { type Bench, withoutFlags } from './report.ts';
import { schedulesOf } from './schedules.ts';
import { startTimes } from './start-times.ts';
import { vipsGateway } from './vips-gateway.ts';
import { vipsPage } from './vips-page.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  bus: busThroughput,
  'bus-views': busViews,
  'bus-fuzz': busFuzz,
  'bus-large': busLarge,
  'bus-schedules': schedulesOf('bus'),
  'duravip-large': duravipLarge,
  'duravip-schedules': schedulesOf('duravip'),
  failover,
  jlog: jlogBench,
  logs: logsBench,
  mail: mailBench,
  replication: replicationBench,
  start: withoutFlags(startTimes),
  'kill-to-pixel': withoutFlags(killToPixel),
  'vips-gateway': withoutFlags(vipsGateway),
  'vips-page': withoutFlags(vipsPage),
};

const JSON_FLAG = '--json';
const NAME_WIDTH = 64;

async function main([name = '', ...given]: readonly string[]): Promise<number> {
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  const jsonAt = given.indexOf(JSON_FLAG);
  const jsonFile = jsonAt < 0 ? undefined : given[jsonAt + 1];
  if (bench === undefined || (jsonAt >= 0 && jsonFile === undefined)) {
    console.error(`Usage: bench NAME [--json FILE] [FLAGS]. Names: ${Object.keys(BENCHES).join(', ')}.`);
    return 2;
  }
  const flags = jsonAt < 0 ? given : [...given.slice(0, jsonAt), ...given.slice(jsonAt + 2)];
  const { numbers, lines } = await bench(flags);
  for (const line of lines ?? Object.entries(numbers).map(([what, value]) => what.padEnd(NAME_WIDTH) + value))
    console.log(line);
  if (jsonFile !== undefined) {
    writeFileSync(jsonFile, `${JSON.stringify({ bench: name, result: numbers }, null, 2)}\n`);
  }
  return 0;
}

try {
  if (isBareMail()) runBareMail();
  else if (!servesSeeds()) process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
