/** One domain, its queue, and connections, on the console (momentum.md 7.5, R3:console_commands). */

import { printableLine } from './printable.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

export type ConnectionLine = {
  readonly id: number;
  readonly peer: string;
  readonly host: string | undefined;
  readonly binding: string;
  readonly state: string;
  readonly forMs: number;
};

export type DomainDetails = {
  readonly name: string;
  /** As the configuration writes its scope; empty without one. */
  readonly scope: readonly string[];
  /** Undefined where nobody asked yet. */
  readonly hosts: readonly { readonly host: string; readonly addresses: readonly string[] }[] | undefined;
  readonly active: number;
  readonly delayed: number;
  readonly deliveries: number;
  readonly failures: number;
  readonly connections: readonly ConnectionLine[];
};

/** Connections shown one by one. */
export const CONNECTIONS_SHOWN_MAX = 1_000;

export function renderDomain(domain: DomainDetails): string {
  const { hosts, connections } = domain;
  const name = printableLine(domain.name);
  const shown = connections.slice(0, CONNECTIONS_SHOWN_MAX);
  return [
    ...domain.scope,
    hosts === undefined
      ? `Domain '${name}' was not looked up yet`
      : `Domain '${name}' has ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`,
    ...(hosts ?? []).flatMap(({ host, addresses }) => [
      `  [${printableLine(host)}]`,
      ...addresses.map((address) => `        [${printableLine(address)}] ${family(address)}`),
    ]),
    'Queue:',
    `        Active:    ${pad(domain.active, 7)}`,
    `        Delayed:   ${pad(domain.delayed, 7)}`,
    `Deliveries: ${pad(domain.deliveries, 9)}`,
    `Failures:   ${pad(domain.failures, 9)}`,
    `Active Connections: ${connections.length}`,
    ...shown.map((one, index) => {
      const at = one.host === undefined ? '' : printableLine(one.host);
      const number = String(index + 1).padStart(String(connections.length).length);
      return `[${number}] FD: ${pad(one.id, 6)}  IP: ${at.padStart(15)}  State: ${printableLine(one.state)} (${one.forMs.toFixed(2)}ms)`;
    }),
    ...more(connections.length),
  ].join('\n');
}

export function renderDomainXml(domain: DomainDetails): string {
  return renderXml({
    name: 'Domain',
    content: [
      textElement('Name', domain.name),
      ...(domain.hosts ?? []).map(({ host, addresses }) => ({
        name: 'Host',
        content: [textElement('Name', host), ...addresses.map((address) => textElement('Address', address))],
      })),
      textElement('ActiveQueueSize', String(domain.active)),
      textElement('DelayedQueueSize', String(domain.delayed)),
      textElement('Deliveries', String(domain.deliveries)),
      textElement('Failures', String(domain.failures)),
      ...domain.connections.slice(0, CONNECTIONS_SHOWN_MAX).map(connectionElement),
    ],
  });
}

/** `23: [inbound/state] IPv4 127.0.0.1:47741 …`, `36: [outbound/state] example.com IPv4 192.0.2.1` */
export function renderConnections(side: 'inbound' | 'outbound', lines: readonly ConnectionLine[]): string {
  const shown = lines.slice(0, CONNECTIONS_SHOWN_MAX).map(({ id, peer, host, state, forMs }) => {
    const what = `${id}: [${side}/${printableLine(state).replaceAll(' ', '_')}]`;
    const seconds = `(for ${(forMs / 1_000).toFixed(3)}s)`;
    if (side === 'inbound') return `${what} ${family(peer)} ${printableLine(peer)} ${seconds}`;
    const at = host === undefined ? '' : ` ${family(host)} ${printableLine(host)}`;
    return `${what} ${printableLine(peer)}${at}`;
  });
  return [...shown, ...more(lines.length)].join('\n');
}

export function renderConnectionsXml(side: 'inbound' | 'outbound', lines: readonly ConnectionLine[]): string {
  return renderXml({
    name: 'Connections',
    attributes: { direction: side },
    content: lines.slice(0, CONNECTIONS_SHOWN_MAX).map(connectionElement),
  });
}

export type MessageLine = {
  readonly queue: 'active' | 'delayed';
  readonly binding: string;
  readonly id: string;
  /** Seconds since the epoch. */
  readonly createdS: number;
  readonly from: string;
  readonly to: readonly string[];
};

/** `[active/default] B3/1D-18426-471AACF3 Created: 1070244212`, then envelope addresses. */
export function renderQueue(messages: readonly MessageLine[]): string {
  return messages
    .flatMap(({ queue, binding, id, createdS, from, to }) => [
      `[${queue}/${printableLine(binding)}] ${printableLine(id)} Created: ${Math.floor(createdS)}`,
      ...to.map((one) => `  From: <${printableLine(from)}> To: <${printableLine(one)}>`),
    ])
    .join('\n');
}

function connectionElement(one: ConnectionLine): XmlElement {
  return {
    name: 'Connection',
    content: [
      textElement('Id', String(one.id)),
      textElement('Peer', one.peer),
      textElement('Host', one.host),
      textElement('Binding', one.binding),
      textElement('State', one.state),
      textElement('Seconds', (one.forMs / 1_000).toFixed(3)),
    ],
  };
}

/** Of an address with or without a port; a name has none that is known. */
function family(text: string): string {
  if (/^\d+\.\d+\.\d+\.\d+(:\d+)?$/.test(text)) return 'IPv4';
  return /^\[?[\da-f]*:[\da-f:.]*\]?(:\d+)?$/i.test(text) ? 'IPv6' : 'name';
}

function more(count: number): readonly string[] {
  return count > CONNECTIONS_SHOWN_MAX ? [`${count - CONNECTIONS_SHOWN_MAX} more`] : [];
}

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}
