/** `inbound_audit show ip` and `count`; the layout is ours. Takes plain facts. */

import { renderXml, type XmlElement } from './xml.ts';

/** Amounts of one meter, the window that runs first. */
export type AuditLine = {
  readonly meter: string;
  readonly seconds: number;
  readonly amounts: readonly number[];
};

const METER_COLUMNS = 12;
const WINDOW_COLUMNS = 12;
const COUNT_COLUMNS = 7;
const NETBLOCK_INDENT = ' '.repeat(25);

/** @param network canonical, `10.0.0.0/8`. */
export function renderAudit(network: string, lines: readonly AuditLine[]): string {
  const rows = lines.map(({ meter, seconds, amounts }) => {
    const window = `${amounts.length} x ${seconds}s`.padStart(WINDOW_COLUMNS);
    return `${meter.padStart(METER_COLUMNS)}${window}: ${amounts.join(' ')} (${sum(amounts)})`;
  });
  return [`${network}, the present window first:`, ...rows].join('\n');
}

export function renderAuditXml(network: string, lines: readonly AuditLine[]): string {
  const content = lines.map(
    ({ meter, seconds, amounts }): XmlElement => ({
      name: 'Series',
      attributes: { name: meter, seconds, windows: amounts.length },
      content: amounts.map((amount): XmlElement => ({ name: 'Amount', content: String(amount) })),
    }),
  );
  return renderXml({ name: 'InboundAudit', attributes: { network }, content });
}

/** Netblocks in order of address, as `cluster shared show` prints them. */
export function renderCounts(rows: readonly { readonly key: string; readonly value: number }[]): string {
  return rows
    .map(({ key, value }) => `${String(value).padStart(COUNT_COLUMNS)}${NETBLOCK_INDENT}${key}`)
    .join('\n');
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
