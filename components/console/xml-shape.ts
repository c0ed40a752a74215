/**
 * A parsed XML reply as something to look at: facts, sections, and tables where children share a name. Pure; bounded
 * in nodes and depth. It never becomes markup: all of it is shown as text.
 */

export type XmlNode = {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly text: string;
  readonly children: readonly XmlNode[];
};

export type XmlTable = {
  readonly name: string;
  readonly columns: readonly string[];
  /** One cell for each column; undefined where the row has nothing. Several where a child occurs more than once. */
  readonly rows: readonly (readonly (readonly XmlNode[] | undefined)[])[];
};

export type XmlPart =
  | { readonly kind: 'fact'; readonly name: string; readonly text: string }
  | { readonly kind: 'section'; readonly node: XmlNode }
  | { readonly kind: 'lines'; readonly name: string; readonly texts: readonly string[] }
  | { readonly kind: 'table'; readonly table: XmlTable };

/** Elements of one reply; more stay raw. */
export const XML_NODES_MAX = 5_000;
export const XML_DEPTH_MAX = 32;
/** Columns of one table; further children stand in the last one. */
export const XML_COLUMNS_MAX = 24;
/** The column of an element's own text. */
export const TEXT_COLUMN = 'text';

/** Enough to offer a table: the parser decides. */
export function looksLikeXml(text: string): boolean {
  return /^\s*<[A-Za-z_?]/.test(text) && text.trimEnd().endsWith('>');
}

/** In order of first appearance: children that share a name become a table, or plain lines where they hold only text. */
export function partsOf(node: XmlNode): readonly XmlPart[] {
  const byName = new Map<string, XmlNode[]>();
  for (const child of node.children) byName.set(child.name, [...(byName.get(child.name) ?? []), child]);
  const facts = node.attributes.map(([name, text]): XmlPart => ({ kind: 'fact', name, text }));
  const own: readonly XmlPart[] =
    node.text === '' ? [] : [{ kind: 'fact', name: TEXT_COLUMN, text: node.text }];
  return [...facts, ...own, ...[...byName].map(([name, nodes]) => partOf(name, nodes))];
}

function partOf(name: string, nodes: readonly XmlNode[]): XmlPart {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) {
    return isLeaf(only) ? { kind: 'fact', name, text: only.text } : { kind: 'section', node: only };
  }
  if (nodes.every(isLeaf)) return { kind: 'lines', name, texts: nodes.map(({ text }) => text) };
  return { kind: 'table', table: tableOf(name, nodes) };
}

function isLeaf(node: XmlNode): boolean {
  return node.children.length === 0 && node.attributes.length === 0;
}

function tableOf(name: string, nodes: readonly XmlNode[]): XmlTable {
  const cells = nodes.map(cellsOf);
  const all = [...new Set(cells.flatMap((row) => [...row.keys()]))];
  const columns = all.slice(0, XML_COLUMNS_MAX);
  const rows = cells.map((row) => columns.map((column) => row.get(column)));
  return { name, columns, rows };
}

/** Attributes, then the text, then children by name. */
function cellsOf(node: XmlNode): ReadonlyMap<string, readonly XmlNode[]> {
  const cells = new Map<string, readonly XmlNode[]>();
  const add = (column: string, value: XmlNode): void => {
    cells.set(column, [...(cells.get(column) ?? []), value]);
  };
  for (const [name, text] of node.attributes) add(name, textNode(name, text));
  if (node.text !== '') add(TEXT_COLUMN, textNode(TEXT_COLUMN, node.text));
  for (const child of node.children) add(child.name, child);
  return cells;
}

function textNode(name: string, text: string): XmlNode {
  return { name, attributes: [], text, children: [] };
}
