/**
 * The 2.2 forms of a tree rewritten as their 3.x successors (momentum.md 8.2, A41), so that everything behind the
 * parser knows one form only: attributes and flags become options, listener arrays become Listen scopes, a module load
 * becomes the scope of its module, `replicate [ … ]` and `network [ … ]` become Replicate and Topology.
 */

import { parseCidr } from './addresses.ts';
import type {
  ArrayElement,
  Attribute,
  DictValue,
  EntryElement,
  Item,
  OptionItem,
  Scalar,
  ScopeItem,
} from './ast.ts';
import { nameKey } from './ast.ts';
import type { Position } from './diagnostics.ts';
import { parseBool } from './values.ts';

/** Attributes whose option has another name. */
const ATTRIBUTE_OPTIONS: Readonly<Record<string, string>> = {
  duravip: 'Enable_Duravip',
  duravip_preference: 'Duravip_Preference',
  duravip_follow: 'Duravip_Follow',
  debug_level: 'Debug_Level',
};

/** Modules of which there is one, so that their scope has no instance; 2.2 gave them an alias all the same. */
const SINGLETONS: Readonly<Record<string, string>> = { ec_cluster: 'cluster' };

/** Idempotent: items in the new form come back unchanged. */
export function modernize(items: readonly Item[]): readonly Item[] {
  return items.map(topItem);
}

function topItem(item: Item): Item {
  if (item.kind === 'option' && item.value.kind === 'array' && /_listener$/i.test(item.name)) {
    return listenerScope(item, item.value.elements);
  }
  return anyItem(item);
}

function anyItem(item: Item): Item {
  if (item.kind === 'flag') return plainOption(item.name, 'true', item.at);
  if (item.kind === 'scope') return modernScope(item);
  return item;
}

function modernScope(scope: ScopeItem): ScopeItem {
  const { name, instance } = moduleName(scope);
  const inside = nameKey(name) === 'cluster' ? scope.items.map(clusterItem) : scope.items.map(anyItem);
  const items = [...scope.attributes.map(attributeOption), ...inside];
  return { ...scope, name, instance, module: undefined, attributes: [], items };
}

/** `Logger class/symbol alias` loads the module `symbol` under the name `alias`. */
function moduleName(scope: ScopeItem): { readonly name: string; readonly instance: Scalar | undefined } {
  if (scope.module === undefined) return { name: scope.name, instance: scope.instance };
  const symbol = scope.module.slice(scope.module.lastIndexOf('/') + 1);
  const singleton = SINGLETONS[nameKey(symbol)];
  if (singleton !== undefined) return { name: singleton, instance: undefined };
  return { name: symbol, instance: scope.instance && { ...scope.instance, quoted: true } };
}

/** An item of the `cluster` scope. */
function clusterItem(item: Item): Item {
  if (item.kind !== 'option' || item.value.kind !== 'dict') return anyItem(item);
  if (nameKey(item.name) === 'replicate') return replicateScope(item, item.value);
  if (item.name.includes('/') && parseCidr(item.name).ok) {
    return namedScope('Topology', item.name, item.value.items.map(anyItem), item.at);
  }
  return item;
}

/** The object is called `replication_name`, else like its type (A29). */
function replicateScope(item: OptionItem, dict: DictValue): ScopeItem {
  const type = scalarOf(dict, 'type');
  const name = scalarOf(dict, 'replication_name') ?? type;
  const rest = dict.items.filter(
    (inner) =>
      inner.kind !== 'option' ||
      (nameKey(inner.name) !== 'replication_name' && !(nameKey(inner.name) === 'type' && type === name)),
  );
  return namedScope('Replicate', name ?? '', rest.map(anyItem), item.at);
}

function scalarOf(dict: DictValue, name: string): string | undefined {
  const found = dict.items.find((item) => item.kind === 'option' && nameKey(item.name) === name);
  return found?.kind === 'option' && found.value.kind === 'scalar' ? found.value.text : undefined;
}

/** `X_Listener = ( endpoint … )` */
function listenerScope(item: OptionItem, elements: readonly ArrayElement[]): ScopeItem {
  const items = elements.map((element): Item => {
    if (element.kind === 'scalar') return listenScope(element, [], [], element.at);
    return listenScope(element.head, element.attributes, entryItems(element), element.at);
  });
  return scopeItem(item.name, undefined, items, item.at);
}

/** `address:port,backlog~concurrency` */
function listenScope(
  head: Scalar,
  attributes: readonly Attribute[],
  inside: readonly Item[],
  at: Position,
): ScopeItem {
  const match = /^(.+?)(?:,(\d+))?(?:~(\d+))?$/.exec(head.text);
  const [, endpoint = head.text, backlog, concurrency] = match ?? [];
  const items: Item[] = [];
  if (backlog !== undefined) items.push(plainOption('Listen_Backlog', backlog, at));
  if (concurrency !== undefined) items.push(plainOption('Concurrency', concurrency, at));
  items.push(...attributes.map(attributeOption), ...inside);
  return namedScope('Listen', endpoint, items, at);
}

/** What stands in `[ … ]` after an endpoint: options, and per network an array of settings. */
function entryItems(element: EntryElement): readonly Item[] {
  if (element.value?.kind !== 'dict') return [];
  return element.value.items.map((item): Item => {
    if (item.kind === 'option' && item.value.kind === 'array' && parseCidr(item.name).ok) {
      return namedScope('Peer', item.name, item.value.elements.flatMap(peerItems), item.at);
    }
    return anyItem(item);
  });
}

/** `personality [ … ]` stands for the options in it; a bare word is a flag. */
function peerItems(element: ArrayElement): readonly Item[] {
  if (element.kind === 'scalar') return [plainOption(element.text, 'true', element.at)];
  const { head, value, at } = element;
  if (value?.kind === 'dict' && nameKey(head.text) === 'personality') return value.items.map(anyItem);
  if (value === undefined) return element.attributes.map(attributeOption);
  return [{ kind: 'option', name: head.text, attributes: [], value, at }];
}

function attributeOption({ name, value, at }: Attribute): OptionItem {
  const option = ATTRIBUTE_OPTIONS[nameKey(name)];
  if (option === 'Enable_Duravip') {
    const on = parseBool(value.text);
    // What is neither is an error of that place.
    if (!on.ok) return { kind: 'option', name: option, attributes: [], value, at };
    return plainOption(option, on.value ? 'true' : 'false', at);
  }
  return { kind: 'option', name: option ?? name, attributes: [], value, at };
}

function plainOption(name: string, text: string, at: Position): OptionItem {
  return { kind: 'option', name, attributes: [], value: { kind: 'scalar', text, quoted: false, at }, at };
}

function namedScope(name: string, instance: string, items: readonly Item[], at: Position): ScopeItem {
  return scopeItem(name, { kind: 'scalar', text: instance, quoted: true, at }, items, at);
}

function scopeItem(
  name: string,
  instance: Scalar | undefined,
  items: readonly Item[],
  at: Position,
): ScopeItem {
  return { kind: 'scope', name, module: undefined, instance, attributes: [], items, at };
}
