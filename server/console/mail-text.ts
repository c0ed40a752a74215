/**
 * Mail on the console (momentum.md 7.5): `summary`, `binding summary`, `mailq`, `active`, `delayed` and `show …` in the
 * documented columns, as text and as XML. What is not known here is left out.
 */

import { printableLine } from './printable.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

export type MailSummary = {
  readonly outbound: number;
  readonly inbound: number;
  readonly domains: number;
  readonly active: number;
  readonly delayed: number;
  readonly dnsAsked: number;
  readonly dnsPending: number;
  readonly deliveries: number;
  readonly transients: number;
  readonly failures: number;
  readonly rejections: number;
  readonly receptions: number;
  /** Moved to other nodes. */
  readonly moved: number;
  /** Seconds since totals are counted, and since the process runs. */
  readonly countedS: number;
  readonly uptimeS: number;
};

/** Total of all queues: nothing is destaged here, all that is queued is known. */
export function renderSummary(summary: MailSummary): string {
  const { countedS } = summary;
  return [
    'Summary Statistics',
    wide('Outbound Concurrency', summary.outbound),
    wide('Inbound Concurrency', summary.inbound),
    wide('Active Domains', summary.domains),
    row('Active Queue Size', summary.active),
    row('Delayed Queue Size', summary.delayed),
    row('Destaged Queue Size', 0),
    row('Total Queue Size', summary.active + summary.delayed),
    row('DNS MX Queries', summary.dnsAsked),
    `${INDENT}Pending DNS Queries: ${summary.dnsPending}`,
    rate('Query Rate', summary.dnsAsked, countedS, 'queries/second'),
    row('Successfully Delivered Messages', summary.deliveries),
    row('Failed Messages', summary.failures),
    row('Rejected Messages', summary.rejections),
    row('Received Messages', summary.receptions),
    // Successful or not, as documented.
    rate('Delivery Rate', summary.deliveries + summary.failures, countedS),
    rate('Reception Rate', summary.receptions, countedS),
    row('Statistics Last Reset', Math.floor(countedS), ' seconds'),
    row('Uptime', Math.floor(summary.uptimeS), ' seconds'),
  ].join('\n');
}

export function renderSummaryXml(summary: MailSummary): string {
  const { countedS, deliveries, failures, receptions, active, delayed } = summary;
  const children: readonly (readonly [string, number | string])[] = [
    ['OutboundConcurrency', summary.outbound],
    ['InboundConcurrency', summary.inbound],
    ['ActiveDomains', summary.domains],
    ['ActiveQueueSize', active],
    ['DelayedQueueSize', delayed],
    ['DestagedQueueSize', 0],
    ['TotalQueueSize', active + delayed],
    ['DNSMXQueries', summary.dnsAsked],
    ['PendingDNSQueries', summary.dnsPending],
    ['Receptions', receptions],
    ['Deliveries', deliveries],
    ['Transients', summary.transients],
    ['Failures', failures],
    ['Rejections', summary.rejections],
    ['Moved', summary.moved],
    ['DeliveryRate', perSecond(deliveries + failures, countedS)],
    ['ReceptionRate', perSecond(receptions, countedS)],
    ['LastReset', Math.floor(countedS)],
    ['Uptime', Math.floor(summary.uptimeS)],
  ];
  return renderXml({ name: 'ServerSummary', content: children.map(([name, value]) => element(name, value)) });
}

export type BindingSummary = {
  /** `Binding example`, `Binding example in Binding Group group1`, `Binding Group group1`. */
  readonly title: string;
  readonly connections: number;
  readonly active: number;
  readonly total: number;
  readonly deliveries: number;
  readonly failures: number;
  readonly receptions: number;
  readonly countedS: number;
  readonly uptimeS: number;
  /** Of a whole group, which the sample sets apart. */
  readonly whole: boolean;
};

const GROUP_RULE = '*'.repeat(44);

export function renderBindingSummaries(summaries: readonly BindingSummary[]): string {
  return summaries.map(bindingBlock).join('\n');
}

function bindingBlock(summary: BindingSummary): string {
  const { countedS } = summary;
  return [
    ...(summary.whole ? ['', GROUP_RULE] : []),
    `Summary Statistics For ${printableLine(summary.title)}`,
    wide('Open Connections', summary.connections),
    row('Active Queue Size', summary.active),
    row('Total Queue Size', summary.total),
    row('Successfully Delivered Messages', summary.deliveries),
    row('Failed Messages', summary.failures),
    row('Received Messages', summary.receptions),
    rate('Delivery Rate', summary.deliveries + summary.failures, countedS),
    rate('Reception Rate', summary.receptions, countedS),
    row('Uptime', Math.floor(summary.uptimeS), ' seconds'),
  ].join('\n');
}

export function renderBindingSummariesXml(summaries: readonly BindingSummary[]): string {
  return renderXml({
    name: 'BindingSummaries',
    content: summaries.map((one): XmlElement => {
      return {
        name: one.whole ? 'BindingGroupSummary' : 'BindingSummary',
        content: [
          textElement('Name', printableLine(one.title.replace(/^Binding (Group )?/, ''))),
          element('OpenConnections', one.connections),
          element('ActiveQueueSize', one.active),
          element('TotalQueueSize', one.total),
          element('Deliveries', one.deliveries),
          element('Failures', one.failures),
          element('Receptions', one.receptions),
          element('Uptime', Math.floor(one.uptimeS)),
        ],
      };
    }),
  });
}

export type QueueLine = {
  readonly group: string;
  readonly binding: string;
  readonly domain: string;
  readonly active: number;
  readonly delayed: number;
};

/** Columns of `mailq`: the first one left, the domain right, up to the 58th character. */
const MAILQ_DOMAIN_END = 58;
const MAILQ_NUMBER = 8;
const MAILQ_RULE = '-'.repeat(MAILQ_DOMAIN_END + 2 * MAILQ_NUMBER);

export function renderMailq(queues: readonly QueueLine[]): string {
  const line = (binding: string, domain: string, active: string, delayed: string): string =>
    `${binding} ${domain.padStart(MAILQ_DOMAIN_END - binding.length - 1)}${active.padStart(MAILQ_NUMBER)}${delayed.padStart(MAILQ_NUMBER)}`;
  return [
    line('Group/Binding', 'Domain', 'AQ', 'DQ'),
    MAILQ_RULE,
    ...queues.map(({ group, binding, domain, active, delayed }) =>
      line(printableLine(`${group}/${binding}`), printableLine(domain), String(active), String(delayed)),
    ),
  ].join('\n');
}

export function renderMailqXml(queues: readonly QueueLine[]): string {
  return renderXml({
    name: 'MailQueues',
    content: queues.map((queue) => ({
      name: 'Queue',
      content: [
        textElement('Group', queue.group),
        textElement('Binding', queue.binding),
        textElement('Domain', queue.domain),
        element('ActiveQueueSize', queue.active),
        element('DelayedQueueSize', queue.delayed),
      ],
    })),
  });
}

export type DomainLine = {
  readonly name: string;
  readonly connections: number;
  readonly active: number;
  readonly delayed: number;
  /** Sent since the domain is known. */
  readonly sent: number;
};

/** @param total of all domains, not only of those listed, as documented. */
export function renderDomains(domains: readonly DomainLine[], total: Omit<DomainLine, 'name'>): string {
  const figures = ({ connections, active, delayed, sent }: Omit<DomainLine, 'name'>, width: number): string =>
    `C:${String(connections).padStart(width)}  A:${pad(active, 7)}  D:${pad(delayed, 6)}  S:${pad(sent, 6)}`;
  return [
    ...domains.map((one) => `Domain:${printableLine(one.name).padStart(31)}  ${figures(one, 3)}`),
    `${'Total:'.padStart(38)}  ${figures(total, 4)}`,
  ].join('\n');
}

export function renderDomainsXml(domains: readonly DomainLine[], total: Omit<DomainLine, 'name'>): string {
  const figures = (one: Omit<DomainLine, 'name'>): readonly XmlElement[] => [
    element('Connections', one.connections),
    element('ActiveQueueSize', one.active),
    element('DelayedQueueSize', one.delayed),
    element('Sent', one.sent),
  ];
  return renderXml({
    name: 'DomainSummaries',
    content: [
      ...domains.map((one) => ({
        name: 'DomainSummary',
        content: [textElement('Name', one.name), ...figures(one)],
      })),
      { name: 'Total', content: figures(total) },
    ],
  });
}

const INDENT = ' '.repeat(8);

function wide(name: string, value: number): string {
  return `${INDENT}${name}: ${pad(value, 7)}`;
}

function row(name: string, value: number, unit = ''): string {
  return `${INDENT}${name}: ${pad(value, 6)}${unit}`;
}

function rate(name: string, count: number, seconds: number, unit = 'messages/second'): string {
  return `${INDENT}${name}: ${perSecond(count, seconds).padStart(6)} ${unit}`;
}

function perSecond(count: number, seconds: number): string {
  return (seconds <= 0 ? 0 : count / seconds).toFixed(2);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}

function element(name: string, value: number | string): XmlElement {
  return textElement(name, String(value));
}
