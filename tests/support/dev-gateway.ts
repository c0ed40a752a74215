/**
 * The real gateway over a scripted cluster, for work on the pages: `npx tsx tests/support/dev-gateway.ts --port N`.
 * Accounts viewer, operator, admin with the password `development-only`. Its input, and a
 * POST to port N+1, drive the cluster:
 * `silence NODE`, `depart NODE CAUSE`, `rejoin NODE`, `bus lost|joined`, `refuse NODE REASON`, `link FROM TO JSON`,
 * `server NODE JSON`, `vip …` as `scripted-vip-words.ts` says, `log set|read|write NODE LOG …`, `object diverge|converge|set
 * OBJECT NODE` and `mail NODE JSON`. `--servers N` adds bus servers, `--nodes N --vips N` say how many nodes and DuraVIP
 * addresses there are, `--logs` that they publish logs, `--objects` that they replicate objects and run mail: the last
 * one of five differs, the one before it is silent.
 */

import { existsSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { jsonLogger } from '../../server/adapters/json-logger.ts';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import type { ObserverEvent } from '../../server/cluster/observer-api.ts';
import { createGateway } from '../../server/gateway/gateway.ts';
import { PASSWORD_COST, REQUESTS_PER_MINUTE } from '../../server/gateway/options.ts';
import { ROLES } from '../../server/wire/http.ts';
import type { Row } from '../../server/wire/live.ts';
import { ScriptedCluster } from './scripted-cluster.ts';
import { driveVips } from './scripted-vip-words.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4890' },
    data: { type: 'string' },
    site: { type: 'string', default: 'out' },
    origin: { type: 'string', multiple: true, default: [] },
    servers: { type: 'string', default: '0' },
    nodes: { type: 'string' },
    vips: { type: 'string', default: '0' },
    logs: { type: 'boolean', default: false },
    objects: { type: 'boolean', default: false },
  },
});

const port = Number(values.port);
const clock = monotonicClock();
const servers = Array.from({ length: Number(values.servers) }, (_, index) => `mx-${index + 1}`);
const nodes = Array.from(
  { length: Number(values.nodes ?? (values.objects ? 5 : 3)) },
  (_, index) => `labrat-${index + 1}`,
);
const cluster = new ScriptedCluster(clock, { servers, nodes });
const rehearsalListeners = new Set<(rows: readonly Row<'rehearsal'>[]) => void>();
let processes: readonly Row<'rehearsal'>[] = [...nodes, 'mgr'].map((name, index) => ({
  name,
  kind: name === 'mgr' ? 'eccmgr' : 'ecnode',
  pid: 4_700 + index,
  state: 'running',
  sinceMs: clock.wallMs(),
}));

function drive(line: string): string {
  const [verb, what = '', cause, ...rest] = line.trim().split(/\s+/);
  switch (verb) {
    case 'silence':
      cluster.silence(what);
      return 'ok';
    case 'depart':
      cluster.depart(what, cause === 'silence' || cause === 'leave' ? cause : 'closed');
      return 'ok';
    case 'rejoin':
      cluster.rejoin(what);
      return 'ok';
    case 'bus':
      cluster.setBus(what === 'lost' ? 'lost' : 'joined');
      return 'ok';
    case 'refuse':
      cluster.bus.refuse(what, (cause ?? 'wrong_key').replaceAll('_', ' '));
      return 'ok';
    case 'link':
      cluster.bus.setLink(what, cause ?? '', JSON.parse(rest.join(' ')));
      return 'ok';
    case 'server':
      cluster.bus.set(what, JSON.parse([cause ?? '', ...rest].join(' ')));
      return 'ok';
    case 'vip':
      return driveVips(cluster.vips, [what, ...(cause === undefined ? [] : [cause]), ...rest]);
    case 'log':
      return driveLogs(what, cause ?? '', rest);
    case 'object':
      return driveObjects(what, cause ?? '', rest);
    case 'mail':
      cluster.objects.mail(what, JSON.parse([cause ?? '{}', ...rest].join(' ')));
      return 'ok';
    default:
      return 'silence NODE | depart NODE CAUSE | rejoin NODE | bus lost|joined | refuse NODE REASON | link FROM TO JSON | server NODE JSON | vip … | log set NODE LOG JSON | log read NODE LOG NAME JSON | log write NODE LOG TEXT | object diverge|converge|set OBJECT NODE [JSON] | mail NODE JSON';
  }
}

function driveLogs(verb: string, node: string, words: readonly string[]): string {
  const [log = '', name = ''] = words;
  if (verb === 'set') cluster.logs.set(node, log, JSON.parse(words.slice(1).join(' ') || '{}'));
  if (verb === 'read') cluster.logs.read(node, log, name, JSON.parse(words.slice(2).join(' ') || '{}'));
  if (verb === 'write') cluster.logs.write(node, log, words.slice(1).join(' '));
  return 'ok';
}

function driveObjects(verb: string, object: string, [node = '', ...words]: readonly string[]): string {
  if (verb === 'diverge') cluster.objects.diverge(object, node);
  if (verb === 'converge') cluster.objects.converge(object, node);
  if (verb === 'set') cluster.objects.set(object, node, JSON.parse(words.join(' ') || '{}'));
  return 'ok';
}

function act(process: string, action: 'kill' | 'restart' | 'pause' | 'resume') {
  const state = { kill: 'exited', restart: 'running', pause: 'paused', resume: 'running' } as const;
  if (!processes.some(({ name }) => name === process))
    return { ok: false, detail: `There is no ${process}.` };
  if (action === 'kill') cluster.depart(process, 'closed');
  if (action === 'pause') cluster.silence(process);
  if (action === 'restart' || action === 'resume') cluster.rejoin(process);
  processes = processes.map((row) =>
    row.name === process ? { ...row, state: state[action], sinceMs: clock.wallMs() } : row,
  );
  for (const listener of rehearsalListeners) listener(processes);
  return { ok: true, detail: '' };
}

function answerQueries(): void {
  let answered = 0;
  setInterval(() => {
    for (; answered < cluster.observer.queries.length; answered += 1) {
      const asked = cluster.observer.queries[answered];
      if (asked === undefined) continue;
      const refusal = cluster.objects.refusal(asked);
      const text = refusal ?? cluster.answerQuery(asked);
      if (text !== undefined)
        cluster.observer.reply(asked.request, asked.member, text, refusal === undefined);
    }
  }, 50);
}

function answerCommands(): void {
  let answered = 0;
  const answer = (_event?: ObserverEvent): void => {
    for (; answered < cluster.observer.sent.length; answered += 1) {
      const sent = cluster.observer.sent[answered];
      if (sent === undefined) return;
      for (const [index, { node }] of sent.asked.entries()) {
        const text = cluster.answer(sent, node);
        if (text === undefined) continue;
        const ok = !text.startsWith('Unknown command');
        setTimeout(() => cluster.observer.reply(sent.request, node, text, ok), 150 + 120 * index);
      }
    }
  };
  setInterval(answer, 50);
}

cluster.form();
if (Number(values.vips) > 0) cluster.vips.fill({ addresses: Number(values.vips), ipv6: 1, nodes });
if (values.logs) cluster.logs.sketch(nodes);
if (values.objects) {
  cluster.objects.sketch(nodes);
  const [silent] = nodes.slice(-2);
  if (silent !== undefined && nodes.length > 3) cluster.silence(silent);
}
setInterval(() => cluster.tick(), 250);
answerCommands();
answerQueries();
const data = values.data ?? mkdtempSync(join(tmpdir(), 'muster-dev-'));
const store = await openSqliteStore(join(data, 'dashboard.db'));
const gateway = await createGateway({
  observer: cluster.observer,
  store,
  clock,
  logger: jsonLogger({ program: 'dev-gateway', level: 'info' }),
  options: {
    host: '127.0.0.1',
    port,
    clusterName: 'demo',
    environment: { name: 'Development', pattern: 'dotted', colour: '#2f6f5e' },
    build: 'development',
    siteDirectory: existsSync(values.site) ? values.site : undefined,
    publicOrigins:
      values.origin.length === 0
        ? []
        : [`http://127.0.0.1:${port}`, `http://localhost:${port}`, ...values.origin],
    trustedProxies: [],
    metricsToken: undefined,
    passwordCost: PASSWORD_COST,
    requestsPerMinute: REQUESTS_PER_MINUTE,
  },
  rehearsal: {
    rows: () => processes,
    subscribe: (listener) => {
      rehearsalListeners.add(listener);
      return () => rehearsalListeners.delete(listener);
    },
    act: async (process, action) => act(process, action),
  },
});
await gateway.seedAccounts(ROLES.map((role) => ({ name: role, password: 'development-only', role })));
const { url } = await gateway.start();
process.stdout.write(`ready ${url}\n`);

/** `curl -d 'silence labrat-2' http://127.0.0.1:PORT+1/` for tests and scripts. */
createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += String(chunk);
  });
  request.on('end', () => response.end(`${drive(body)}\n`));
}).listen(port + 1, '127.0.0.1');
createInterface({ input: process.stdin }).on('line', (line) => process.stdout.write(`${drive(line)}\n`));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await gateway.stop();
    await store.close();
    process.exit(0);
  });
}
