/** Configurations with DuraVIP, and what a node makes of them. */

import { must } from '../../server/base/assert.ts';
import { type VipPlan, vipPlan } from '../../server/cluster/duravip-plan.ts';
import type { LocalVip } from '../../server/duravip/api.ts';
import type { NodeName } from '../../server/model/names.ts';
import { load } from './conf-samples.ts';

export const TOPOLOGY = 'cluster { Topology "10.1.1.0/24" { interface = "eth1" } }';

export function plan(...text: readonly string[]): VipPlan {
  const { generation, diagnostics } = load(text.join('\n'));
  return vipPlan(must(generation, diagnostics.map(({ message }) => message).join('; ')), {
    nodeName: 'node1' as NodeName,
    nodeAddress: '10.0.0.1',
    hostAddresses: [],
    networks: [],
  });
}

export function offers(...text: readonly string[]): Readonly<Record<string, LocalVip>> {
  return Object.fromEntries(plan(...text).vips.map((vip) => [vip.address, vip]));
}

/** `line:column severity message`, with what to do about it behind `=> `. */
export function said(...text: readonly string[]): readonly string[] {
  return load(text.join('\n')).diagnostics.map(({ line, column, severity, message, hint }) => {
    return `${line}:${column} ${severity} ${message}${hint === undefined ? '' : ` => ${hint}`}`;
  });
}

export const binding = (name: string, address: string, more = ''): string =>
  `Binding "${name}" { Bind_Address = "${address}" Enable_Duravip = true ${more} }`;
export const listen = (endpoint: string, more: string): string =>
  `ESMTP_Listener { Listen "${endpoint}" { ${more} } }`;
export const ON = 'Enable_Duravip = true';
