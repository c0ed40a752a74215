/**
 * Texts and XML about the cluster and its members: `cluster info`, `cluster membership`, `show cluster membership`
 * and the manager's `info`, literally as momentum.md 7.6 shows them. Takes plain data, knows no bus and no table.
 */

import { printableLine } from './printable.ts';
import { renderXml, textElement, type XmlElement } from './xml.ts';

/** One present member. Null is what the member does not have, or what is not known of it yet. */
export type MemberLines = {
  readonly privateName: string;
  readonly nodeName: string | null;
  readonly subcluster: string | null;
  /** `Momentum`, `Manager`, or whatever it calls itself. */
  readonly nodeType: string | null;
  readonly version: string | null;
  /** `host:port` of its cluster listener. */
  readonly address: string | null;
  readonly groups: readonly string[];
};

export type ClusterInfo = {
  /** The bus server, `host:port` (A16). */
  readonly daemon: string;
  /** Undefined while there is no connection to the bus. */
  readonly mainName: string | undefined;
  /** The mailbox for shared data; a manager has none. */
  readonly sharedName: string | undefined;
  readonly controlGroup: string;
  readonly clusterGroup: string;
  /** Node name; undefined while no node leads. */
  readonly leader: string | undefined;
  readonly loggerGroup: string | undefined;
};

const NULL_NAME = '(Null)';
const NULL_ADDRESS = '0.0.0.0:0';

/** CMD-11. */
export function renderClusterInfo(info: ClusterInfo): string {
  const mailboxes = [
    ...(info.mainName === undefined ? [] : [`m:${info.mainName}`]),
    ...(info.sharedName === undefined ? [] : [`s:${info.sharedName}`]),
  ].join(',');
  const leader = info.leader === undefined ? 'no leader' : `${info.leader} is leader`;
  return [
    `Daemon: ${info.daemon} [${mailboxes === '' ? 'not connected' : mailboxes}]`,
    `Control Group: ${info.controlGroup}`,
    `Cluster Group: ${info.clusterGroup} (${leader})`,
    `Logger Group: ${info.loggerGroup ?? 'none'}`,
  ]
    .map(printableLine)
    .join('\n');
}

/** CMD-12, CMD-13: seven lines per member, blocks parted by an empty line; empty without members. */
export function renderMembership(members: readonly MemberLines[]): string {
  return members
    .map((member) =>
      [
        `Private Name: ${member.privateName}`,
        `Node Name: ${member.nodeName ?? NULL_NAME}`,
        `Subcluster: ${member.subcluster ?? NULL_NAME}`,
        `Node Type: ${member.nodeType ?? NULL_NAME}`,
        `Version: ${member.version ?? NULL_NAME}`,
        `Address: ${member.address ?? NULL_ADDRESS}`,
        `Groups: ${member.groups.join(', ')}`,
      ]
        .map(printableLine)
        .join('\n'),
    )
    .join('\n\n');
}

/** `show cluster membership` and `xml cluster membership`: the same document (A19). What is null is empty. */
export function renderMembershipXml(members: readonly MemberLines[]): string {
  return renderXml({ name: 'ClusterMembership', content: members.map(memberElement) });
}

/** ECC-10: the lines of `cluster info`, then one line per node (A49: our layout). */
export function renderManagerInfo(info: ClusterInfo, nodes: readonly MemberLines[]): string {
  const rows = nodes.map((node) => [
    printableLine(node.nodeName ?? NULL_NAME),
    printableLine(node.privateName),
    printableLine(node.subcluster ?? NULL_NAME),
    printableLine(node.address ?? NULL_ADDRESS),
    printableLine(node.version ?? NULL_NAME),
  ]);
  const heading = `Nodes: ${nodes.length}`;
  return [renderClusterInfo(info), '', heading, ...renderColumns(rows).map((row) => `  ${row}`)].join('\n');
}

export function renderClusterInfoXml(info: ClusterInfo, nodes: readonly MemberLines[] = []): string {
  const fields: readonly XmlElement[] = [
    textElement('Daemon', info.daemon),
    textElement('PrivateName', info.mainName),
    textElement('SharedPrivateName', info.sharedName),
    textElement('ControlGroup', info.controlGroup),
    textElement('ClusterGroup', info.clusterGroup),
    textElement('Leader', info.leader),
    textElement('LoggerGroup', info.loggerGroup),
  ];
  return renderXml({ name: 'ClusterInfo', content: [...fields, ...nodes.map(memberElement)] });
}

function memberElement(member: MemberLines): XmlElement {
  return {
    name: 'Member',
    content: [
      textElement('PrivateName', member.privateName),
      textElement('NodeName', member.nodeName),
      textElement('Subcluster', member.subcluster),
      textElement('NodeType', member.nodeType),
      textElement('Version', member.version),
      textElement('Address', member.address),
      { name: 'Groups', content: member.groups.map((group) => textElement('Group', group)) },
    ],
  };
}

/** Left-justified columns, two blanks apart. */
function renderColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
