/**
 * The real gateway in this process over a scripted cluster, for states that real processes cannot be put into: names
 * that collide, mixed versions, hostile replies, replies of megabytes.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monotonicClock } from '../../server/adapters/monotonic-clock.ts';
import { openSqliteStore } from '../../server/adapters/sql-store.ts';
import type { Logger } from '../../server/base/ports.ts';
import { createGateway } from '../../server/gateway/gateway.ts';
import { REQUESTS_PER_MINUTE } from '../../server/gateway/options.ts';
import type { AskedQuery } from '../../server/memory/memory-observer.ts';
import { ROLES, type Role } from '../../server/wire/http.ts';
import { inCheckout } from './checkout.ts';
import { type ScriptedCast, ScriptedCluster } from './scripted-cluster.ts';
import type { Filling } from './scripted-vips.ts';

const SITE = inCheckout('out');
const PASSWORD = 'only-for-tests-here';
/** Every test seeds three accounts and signs in; what a real hash costs is not what it looks at. */
const CHEAP_PASSWORDS = { memoryKib: 64, passes: 1 };
const TICK_MS = 200;
const QUIET: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What a node answers; undefined: nothing. */
export type Answer = (command: string, node: string) => string | undefined;
/** What a member says of itself, as JSON; undefined: nothing. */
export type QueryAnswer = (asked: AskedQuery) => string | undefined;

export type GivenScript = ScriptedCast & {
  readonly accounts?: boolean;
  readonly vips?: Omit<Filling, 'nodes'>;
};

export class ScriptedGateway {
  readonly cluster: ScriptedCluster;
  readonly url: string;
  /** Replaced by a test. */
  answer: Answer = () => undefined;
  /** Replaced by a test; at first what the scripted cluster says. */
  answerQuery: QueryAnswer = (asked) => this.cluster.answerQuery(asked);
  readonly #clock: { aheadMs: number };
  readonly #end: () => Promise<void>;
  #ended: Promise<void> | undefined;

  private constructor(
    cluster: ScriptedCluster,
    url: string,
    clock: { aheadMs: number },
    end: () => Promise<void>,
  ) {
    this.cluster = cluster;
    this.url = url;
    this.#clock = clock;
    this.#end = end;
  }

  /** The gateway's wall clock jumps ahead; its monotonic clock runs on. */
  jump(byMs: number): void {
    this.#clock.aheadMs += byMs;
  }

  /** @param given `accounts: false` is a first start: nobody can sign in yet. `vips`: so many addresses. */
  static async start(given: GivenScript = {}): Promise<ScriptedGateway> {
    const ahead = { aheadMs: 0 };
    const real = monotonicClock();
    const clock = { ...real, wallMs: () => real.wallMs() + ahead.aheadMs };
    const cluster = new ScriptedCluster(clock, given);
    cluster.form();
    if (given.vips !== undefined) cluster.vips.fill({ ...given.vips, nodes: cluster.nodes });
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-scripted-'));
    const store = await openSqliteStore(path.join(folder, 'dashboard.db'));
    const gateway = await createGateway({
      observer: cluster.observer,
      store,
      clock,
      logger: QUIET,
      options: {
        host: '127.0.0.1',
        port: 0,
        clusterName: 'demo',
        environment: { name: 'Test', pattern: 'diagonal', colour: '#7a4b00' },
        build: 'test',
        siteDirectory: SITE,
        publicOrigins: [],
        trustedProxies: [],
        metricsToken: undefined,
        passwordCost: CHEAP_PASSWORDS,
        requestsPerMinute: REQUESTS_PER_MINUTE,
      },
    });
    if (given.accounts !== false) {
      await gateway.seedAccounts(ROLES.map((role) => ({ name: role, password: PASSWORD, role })));
    }
    const { url } = await gateway.start();
    let answered = 0;
    let told = 0;
    const timer = setInterval(() => {
      cluster.tick();
      for (; answered < cluster.observer.sent.length; answered += 1) started.#reply(answered);
      for (; told < cluster.observer.queries.length; told += 1) started.#tell(told);
    }, TICK_MS);
    const started: ScriptedGateway = new ScriptedGateway(cluster, url, ahead, async () => {
      clearInterval(timer);
      await gateway.stop();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return started;
  }

  #reply(index: number): void {
    const sent = this.cluster.observer.sent[index];
    for (const { node } of sent?.asked ?? []) {
      const text = this.answer(sent?.command ?? '', node);
      if (text !== undefined) this.cluster.observer.reply(sent?.request ?? '', node, text);
    }
  }

  #tell(index: number): void {
    const asked = this.cluster.observer.queries[index];
    if (asked === undefined) return;
    const refusal = this.cluster.objects.refusal(asked);
    const text = refusal ?? this.answerQuery(asked);
    if (text !== undefined)
      this.cluster.observer.reply(asked.request, asked.member, text, refusal === undefined);
  }

  account(role: Role): { readonly name: string; readonly password: string } {
    return { name: role, password: PASSWORD };
  }

  /** Once: a test may stop it before its fixture does. */
  stop(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }
}
