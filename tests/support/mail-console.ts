/** The console of a node with mail: messages come in by hand, nothing is delivered. */

import { must } from '../../server/base/assert.ts';
import { nodeCommandTree } from '../../server/cluster/command-trees.ts';
import { nodeMailPlan } from '../../server/cluster/mail-plan.ts';
import { NodeMail } from '../../server/cluster/node-mail.ts';
import type { MailContext } from '../../server/cluster/node-mail-commands.ts';
import type { AppEffect } from '../../server/cluster/process-app.ts';
import { WallClock } from '../../server/cluster/wall-clock.ts';
import type { CommandReply } from '../../server/console/api.ts';
import { load } from './conf-samples.ts';
import { FACTS } from './machine-facts.ts';
import { CLIENT, ip, nodeName, OwnCluster, WALL_START_MS } from './mail-world.ts';

export type MailConsoleWorld = {
  readonly mail: NodeMail;
  readonly type: (command: string) => CommandReply;
  /** One message in one connection to an address of this node. */
  readonly receive: (from: string, recipients: readonly string[], localAddress: string) => void;
  /** A client that says nothing. @returns its connection. */
  readonly connect: (localAddress: string) => number;
  readonly pass: (ms: number) => void;
  /** Types of what was asked of whoever speaks SMTP so far. */
  readonly commands: () => readonly string[];
};

export function mailConsole(text: string): MailConsoleWorld {
  const generation = must(load(text).generation, 'a configuration');
  let nowMs = 5_000;
  const node = nodeName('node1');
  const mail = new NodeMail({
    node,
    pid: 4_711,
    plan: nodeMailPlan(generation, { nodeName: node, hostName: 'mta1.example.com' }),
    cluster: new OwnCluster(),
    wall: new WallClock({ wallMs: WALL_START_MS, nowMs: 0 }),
  });
  const effects: AppEffect[] = [...mail.step({ type: 'start' }, nowMs)];
  const tree = nodeCommandTree();
  const give = (fact: Parameters<NodeMail['step']>[0]): void => {
    effects.push(...mail.step(fact, nowMs));
  };
  const connect = (localAddress: string): number => {
    const { reception } = must(mail.core, 'a node that runs mail');
    const client = { ...CLIENT, localAddress: ip(localAddress) };
    const { connection } = reception.clientConnected(client, nowMs);
    give({ type: 'mailFact', fact: { type: 'asked' } });
    return connection;
  };
  const context = (): MailContext => ({
    mail,
    nowMs,
    generation,
    facts: () => ({ ...FACTS, uptimeMs: nowMs }),
  });
  return {
    mail,
    connect,
    type: (command) => {
      const source = { user: 'local', via: 'unix', session: 'local', roles: [] } as const;
      const reply = tree.dispatch(command, source, context() as Parameters<typeof tree.dispatch>[2]);
      effects.push(...mail.take());
      return reply;
    },
    receive: (from, recipients, localAddress) => {
      const { reception } = must(mail.core, 'a node that runs mail');
      const connection = connect(localAddress);
      reception.mailFrom(connection, from, undefined, nowMs);
      for (const address of recipients) reception.rcptTo(connection, address, nowMs);
      reception.dataBegin(connection, nowMs);
      const arrival = { bytes: 200, hops: 0, transferred: undefined };
      const { envelopes } = reception.dataEnd(connection, arrival, nowMs);
      for (const envelope of envelopes) {
        give({ type: 'mailFact', fact: { type: 'spooled', connection, envelope } });
      }
      give({ type: 'mailFact', fact: { type: 'clientClosed', connection } });
    },
    pass: (ms) => {
      nowMs += ms;
      give({ type: 'deadlineReached' });
    },
    commands: () => effects.flatMap((effect) => (effect.type === 'mail' ? [effect.command.type] : [])),
  };
}
