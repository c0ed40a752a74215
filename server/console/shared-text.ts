/**
 * `cluster shared list` and `cluster shared show`, laid out as momentum.md 7.6 shows them; kinds without a sample are laid
 * out like gauge tables. Takes plain facts.
 */

import { printableLine } from './printable.ts';
import { renderXml, type XmlElement } from './xml.ts';

export type SharedKind = 'cidrtree' | 'gauge table' | 'throttle set' | 'metrics' | 'cache';
export type SharedObject = {
  readonly name: string;
  readonly kind: SharedKind;
  readonly snapshots: boolean;
};

const NAME_COLUMNS = 30;
const COUNT_COLUMNS = 7;
const NETBLOCK_INDENT = ' '.repeat(25);
const GAUGE_NAME_COLUMNS = 60;
const GAUGE_VALUE_COLUMNS = 13;
/** `GaugeTable` as a change log spells it; the others are ours. */
const XML_KINDS: Readonly<Record<SharedKind, string>> = {
  cidrtree: 'CidrTree',
  'gauge table': 'GaugeTable',
  'throttle set': 'ThrottleSet',
  metrics: 'Metrics',
  cache: 'Cache',
};

/** CMD-17; the header alone where nothing is shared. All objects are lazy (momentum.md 4.2). */
export function renderSharedList(objects: readonly SharedObject[]): string {
  const lines = objects.map(
    ({ name, kind, snapshots }) =>
      `${printableLine(name).padStart(NAME_COLUMNS)} [lazy, ${kind}${snapshots ? ' w/ snapshots' : ''}]`,
  );
  return ['Currently managed objects:', ...lines].join('\n');
}

export function renderSharedListXml(objects: readonly SharedObject[]): string {
  return renderXml({ name: 'SharedObjects', content: objects.map((object) => objectElement(object, [])) });
}

/** One number: of a netblock with everything in it, or of a name; of an entry of a cache its bytes. */
export type SharedValue = { readonly key: string; readonly value: number };

/**
 * CMD-18, CMD-19, CMD-20: the header, then a line for each value that is not 0.
 * @param view `global`, or the private name of the node that is asked for.
 * @param values netblocks in order of address, parents before children; names in order.
 */
export function renderShared(object: SharedObject, view: string, values: readonly SharedValue[]): string {
  const { name, kind, snapshots } = object;
  const snapped = snapshots ? 'snapped ' : '';
  const header = `lazy, ${snapped}${kind} '${printableLine(name)}', view '${printableLine(view)}'`;
  const line = kind === 'cidrtree' ? netblockLine : gaugeLine;
  return [header, ...values.filter(({ value }) => value !== 0).map(line)].join('\n');
}

export function renderSharedXml(object: SharedObject, view: string, values: readonly SharedValue[]): string {
  const content = values
    .filter(({ value }) => value !== 0)
    .map(
      ({ key, value }): XmlElement => ({ name: 'Value', attributes: { name: key }, content: String(value) }),
    );
  return renderXml({ ...objectElement(object, content), attributes: { name: object.name, view } });
}

function netblockLine({ key, value }: SharedValue): string {
  return `${String(value).padStart(COUNT_COLUMNS)}${NETBLOCK_INDENT}${printableLine(key)}`;
}

function gaugeLine({ key, value }: SharedValue): string {
  const name = printableLine(key).padStart(GAUGE_NAME_COLUMNS);
  return `${name}:${String(value).padStart(GAUGE_VALUE_COLUMNS)}`;
}

function objectElement({ name, kind, snapshots }: SharedObject, content: readonly XmlElement[]): XmlElement {
  return { name: XML_KINDS[kind], attributes: { name, lazy: true, snapshots }, content };
}
