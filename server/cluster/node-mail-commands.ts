/**
 * Console commands of a node on its mail (momentum.md 7.5, R3:console_commands), literally as documented. What they
 * count is the mail core's; a node without mail says so instead of showing zeros.
 */

import type { Generation } from '../conf/generation.ts';
import { domainScope } from '../conf/mail-scopes.ts';
import { showScope } from '../conf/queries.ts';
import type { CommandReply } from '../console/api.ts';
import type { CommandParameter, CommandSpec } from '../console/command-tree.ts';
import {
  type ConnectionLine,
  type DomainDetails,
  renderConnections,
  renderConnectionsXml,
  renderDomain,
  renderDomainXml,
  renderQueue,
} from '../console/mail-details.ts';
import {
  type BindingSummary,
  type DomainLine,
  renderBindingSummaries,
  renderBindingSummariesXml,
  renderDomains,
  renderDomainsXml,
  renderMailq,
  renderMailqXml,
  renderSummary,
  renderSummaryXml,
} from '../console/mail-text.ts';
import { printableLine } from '../console/printable.ts';
import { done, failed } from '../console/replies.ts';
import type { BindingFacts, ConnectionFacts, MailConsole } from '../mail/api.ts';
import { parseIp } from '../model/ip.ts';
import { parseMailq } from './mail-words.ts';
import type { NodeMail } from './node-mail.ts';
import type { ProcessFacts } from './process-facts.ts';

export type MailContext = {
  readonly mail: NodeMail | undefined;
  readonly nowMs: number;
  readonly generation: Generation;
  readonly facts: () => ProcessFacts;
};

type Spec = CommandSpec<MailContext>;
/** The core with what is known beside it. */
type Desk = { readonly core: MailConsole; readonly mail: NodeMail; readonly context: MailContext };

export const NO_MAIL = 'this node runs no mail: it has neither ESMTP_Listener nor bindings';
/** Every binding, or every domain. */
const ALL = 'all';
const MAILQ_USAGE =
  'mailq [ --domain | -d <domain> ... ] [ --binding | -b <binding> ... ] [ --limit | -l <number> ]';
const QUEUE_USAGE = 'showqueue [ binding <binding> ] <domain> [ limit,offset ]';
const QUEUE_LIMIT = 100;

const DOMAIN: CommandParameter = { name: 'domain' };
const THRESHOLD: CommandParameter = { name: 'threshold' };

export const NODE_MAIL_COMMANDS: readonly Spec[] = [
  {
    words: 'summary',
    help: 'Show global metrics of mail',
    xml: 'own',
    run: ({ xml }, context) => withMail(context, (desk) => summary(desk, xml)),
  },
  {
    words: 'summary reset',
    help: 'Count global metrics of mail anew',
    run: (_call, context) =>
      withMail(context, ({ mail }) => {
        mail.resetCounters(context.nowMs);
        return done('Statistics reset.');
      }),
  },
  {
    words: 'binding summary',
    usage: 'binding summary [ <binding> | <slot> | group:<binding_group> ]',
    parameters: [{ name: 'binding', optional: true }],
    help: 'Show metrics of bindings',
    xml: 'own',
    run: ({ args: [name], xml }, context) => withMail(context, (desk) => bindings(desk, name, xml)),
  },
  {
    words: 'mailq',
    usage: MAILQ_USAGE,
    parameters: [{ name: 'options', optional: true, rest: 'words' }],
    help: 'Show the mail queues',
    xml: 'own',
    run: ({ args, xml }, context) => withMail(context, (desk) => mailq(desk, args, xml)),
  },
  ...(['active', 'delayed'] as const).map((queue): Spec => {
    return {
      words: queue,
      parameters: [THRESHOLD],
      help: `Show domains with more ${queue} messages than a threshold`,
      xml: 'own',
      run: ({ args: [threshold = ''], xml }, context) =>
        withMail(context, (desk) => large(desk, queue, threshold, xml)),
    };
  }),
  {
    words: 'domain',
    parameters: [DOMAIN],
    help: 'Show hosts, queue and connections of a domain',
    xml: 'own',
    run: ({ args: [name = ''], xml }, context) =>
      withMail(context, (desk) =>
        xml ? renderedDomain(desk, name, renderDomainXml) : renderedDomain(desk, name, renderDomain),
      ),
  },
  {
    words: 'showqueue',
    usage: QUEUE_USAGE,
    parameters: [{ name: 'domain', rest: 'words' }],
    help: 'Show the messages in the queue of a domain',
    run: ({ args }, context) => withMail(context, (desk) => showQueue(desk, args)),
  },
  ...(['inbound', 'outbound'] as const).map((side): Spec => {
    return {
      words: `show ${side}`,
      help: `Show all ${side} connections of mail`,
      xml: 'own',
      run: ({ xml }, context) =>
        withMail(context, ({ core }) => {
          const lines = core[side]().map((one) => connectionLine(one, context.nowMs));
          return done((xml ? renderConnectionsXml : renderConnections)(side, lines));
        }),
    };
  }),
  {
    words: 'rebind',
    parameters: [{ name: 'binding' }, { ...DOMAIN, optional: true }],
    help: 'Look again which binding queued messages belong to',
    run: ({ args: [binding = '', domain] }, context) =>
      withMail(context, (desk) => rebind(desk, binding, domain)),
  },
  {
    words: 'flush domain',
    parameters: [DOMAIN],
    help: 'Try the delayed messages of a domain at once',
    run: ({ args: [domain = ''] }, context) =>
      withMail(context, ({ core, mail }) => {
        const count = core.flush(domain.toLowerCase() === ALL ? undefined : domain, undefined, context.nowMs);
        mail.commanded(context.nowMs);
        return done(`${printableLine(domain)} flushed.  ${count} messages requeued.`);
      }),
  },
  ...(
    [
      ['fail domain', 'bounce'],
      ['fail domain quiet', 'quiet'],
    ] as const
  ).map(([words, bounce]): Spec => {
    return {
      words,
      parameters: [DOMAIN],
      help: `Fail all messages for a domain${bounce === 'bounce' ? '' : ', without bounces'}`,
      run: ({ args: [domain = ''] }, context) =>
        withMail(context, ({ core, mail }) => {
          const count = core.fail(domain, undefined, bounce, context.nowMs);
          mail.commanded(context.nowMs);
          return done(`${printableLine(domain)} purged, ${count} messages failed.`);
        }),
    };
  }),
];

function withMail(context: MailContext, answer: (desk: Desk) => CommandReply): CommandReply {
  const core = context.mail?.core;
  if (core === undefined || context.mail === undefined) return failed(NO_MAIL);
  return answer({ core, mail: context.mail, context });
}

/** Seconds of the process, and since totals are counted. */
function spans({ core, context: { facts, nowMs } }: Desk): {
  readonly countedS: number;
  readonly uptimeS: number;
} {
  const uptimeS = facts().uptimeMs / 1_000;
  return { uptimeS, countedS: core.resetAtMs === undefined ? uptimeS : (nowMs - core.resetAtMs) / 1_000 };
}

function summary(desk: Desk, xml: boolean): CommandReply {
  const { asked, pending } = desk.mail.dns;
  const text = (xml ? renderSummaryXml : renderSummary)({
    ...desk.core.counters,
    dnsAsked: asked,
    dnsPending: pending,
    ...spans(desk),
  });
  return done(text);
}

function bindings(desk: Desk, name: string | undefined, xml: boolean): CommandReply {
  const all = desk.core.bindings();
  const group = name?.startsWith('group:') === true ? name.slice('group:'.length) : undefined;
  const slot = name !== undefined && /^\d+$/.test(name) ? all[Number(name)] : undefined;
  const meant =
    name === undefined
      ? all
      : all.filter((one) => (group === undefined ? one.binding === name : one.group === group));
  const found = meant.length === 0 && slot !== undefined ? [slot] : meant;
  if (found.length === 0) {
    const what = group === undefined ? `binding: ${name ?? ''}` : `binding group: ${group}`;
    return failed(`Unknown ${printableLine(what)}`);
  }
  const blocks = found.map((one) => {
    const title = `Binding ${one.binding}${group === undefined ? '' : ` in Binding Group ${group}`}`;
    return block(desk, title, [one], false);
  });
  const whole = group === undefined ? [] : [block(desk, `Binding Group ${group}`, found, true)];
  return done((xml ? renderBindingSummariesXml : renderBindingSummaries)([...blocks, ...whole]));
}

function block(desk: Desk, title: string, facts: readonly BindingFacts[], whole: boolean): BindingSummary {
  const sum = (of: (one: BindingFacts) => number): number => facts.reduce((count, one) => count + of(one), 0);
  return {
    title,
    whole,
    connections: sum(({ connections }) => connections),
    active: sum(({ active }) => active),
    total: sum(({ total }) => total),
    deliveries: sum(({ deliveries }) => deliveries),
    failures: sum(({ failures }) => failures),
    receptions: sum(({ receptions }) => receptions),
    ...spans(desk),
  };
}

function mailq({ core }: Desk, words: readonly string[], xml: boolean): CommandReply {
  const wanted = parseMailq(words);
  if (wanted === undefined) return failed(`Usage: ${MAILQ_USAGE}`);
  const { domains, bindings: names, limit } = wanted;
  const queues = core
    .queues()
    .filter(({ domain }) => domains.size === 0 || domains.has(domain))
    .filter(({ binding }) => names.size === 0 || names.has(binding))
    .slice(0, limit);
  return done((xml ? renderMailqXml : renderMailq)(queues));
}

function large({ core }: Desk, queue: 'active' | 'delayed', text: string, xml: boolean): CommandReply {
  const threshold = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (threshold === undefined) return failed(`Usage: ${queue} <threshold>`);
  const byDomain = new Map<string, DomainLine>();
  let total = { connections: 0, active: 0, delayed: 0, sent: 0 };
  for (const one of core.queues()) {
    const { domain, connections, active, delayed, delivered: sent } = one;
    const before = byDomain.get(domain);
    byDomain.set(domain, {
      name: domain,
      ...plus(before ?? NOTHING, { connections, active, delayed, sent }),
    });
    total = plus(total, { connections, active, delayed, sent });
  }
  const found = [...byDomain.values()]
    .filter((one) => one[queue] > threshold)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return done((xml ? renderDomainsXml : renderDomains)(found, total));
}

type Figures = Omit<DomainLine, 'name'>;
const NOTHING: Figures = { connections: 0, active: 0, delayed: 0, sent: 0 };

function plus(a: Figures, b: Figures): Figures {
  return {
    connections: a.connections + b.connections,
    active: a.active + b.active,
    delayed: a.delayed + b.delayed,
    sent: a.sent + b.sent,
  };
}

function renderedDomain(
  { core, mail, context: { generation, nowMs } }: Desk,
  written: string,
  render: typeof renderDomain,
): CommandReply {
  const name = written.toLowerCase();
  const queues = core.queues().filter(({ domain }) => domain === name);
  const connections = core.outbound().filter(({ peer }) => peer === name);
  const hosts = core.hosts(name) ?? routesOf(mail, name);
  if (queues.length === 0 && connections.length === 0 && hosts === undefined) {
    return failed(`no mail for ${printableLine(written)} was seen lately`);
  }
  const scope = domainScope(generation.root, name);
  const shown =
    scope === undefined ? undefined : showScope(generation, ['Domain', scope.instance ?? '']).text;
  const sum = (of: (one: (typeof queues)[number]) => number): number =>
    queues.reduce((count, one) => count + of(one), 0);
  const text = render({
    name,
    scope:
      shown === undefined
        ? []
        : [
            `Domain ${printableLine(scope?.instance ?? '')} {`,
            ...shown.split('\n').map((line) => `  ${line}`),
            '}',
          ],
    hosts,
    active: sum(({ active }) => active),
    delayed: sum(({ delayed }) => delayed),
    deliveries: sum(({ delivered }) => delivered),
    failures: sum(({ failed: count }) => count),
    connections: connections.map((one) => connectionLine(one, nowMs)),
  });
  return done(text);
}

/** Hosts that the configuration names stand for those of DNS. */
function routesOf({ plan }: NodeMail, domain: string): DomainDetails['hosts'] {
  const [binding] = plan.core.bindings;
  const { routes } = plan.core.policy(binding?.name ?? '', domain);
  if (routes.length === 0) return undefined;
  return routes.map((host) => ({ host, addresses: parseIp(host).ok ? [host] : [] }));
}

function showQueue({ core }: Desk, words: readonly string[]): CommandReply {
  const [first = '', ...others] = words;
  const named = first.toLowerCase() === 'binding';
  const binding = named ? others[0] : undefined;
  const [domain, range = `${QUEUE_LIMIT},0`, ...more] = named ? others.slice(1) : words;
  const match = /^(\d{1,5})(?:,(\d{1,9}))?$/.exec(range);
  if (domain === undefined || match === null || more.length > 0) return failed(`Usage: ${QUEUE_USAGE}`);
  const which = binding?.toLowerCase() === ALL ? undefined : (binding ?? core.bindings()[0]?.binding);
  const found = core.messages(domain, which, Number(match[2] ?? 0), Number(match[1]));
  const lines = found.map(({ queue, envelope }) => ({
    queue,
    binding: envelope.binding,
    id: envelope.id,
    createdS: envelope.receivedWallMs / 1_000,
    from: envelope.from,
    to: envelope.recipients.map(({ address }) => address),
  }));
  return done(renderQueue(lines));
}

function rebind(
  { core, mail, context: { nowMs } }: Desk,
  binding: string,
  domain: string | undefined,
): CommandReply {
  const all = binding.toLowerCase() === ALL;
  if (!all && !core.bindings().some((one) => one.binding === binding)) {
    return failed(`Unknown binding: ${printableLine(binding)}`);
  }
  const count = core.rebind(all ? undefined : binding, domain, nowMs);
  mail.commanded(nowMs);
  return done(`Rebound ${count} messages.`);
}

function connectionLine(one: ConnectionFacts, nowMs: number): ConnectionLine {
  const { connection: id, peer, host, binding, state, sinceMs } = one;
  return { id, peer, host, binding, state, forMs: Math.max(0, nowMs - sinceMs) };
}
