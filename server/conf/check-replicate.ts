/** Checks of `Replicate` scopes: types, parameters, and what fits which type (momentum.md 4.1, 4.2, A29 to A31). */

import { nearest } from '../base/nearest.ts';
import { nameKey } from './ast.ts';
import { type DiagnosticSink, shown } from './diagnostics.ts';
import type { Generation } from './generation.ts';
import { type ScopeNode, scopesNamed } from './scope-tree.ts';
import { REPLICATION_PARAMETERS, REPLICATION_TYPES } from './tables/cluster-tables.ts';

/** Spellings printed by mistake in the manuals, and what they mean (A30). */
const TYPE_ALIASES: Readonly<Record<string, string>> = { outbound_domain: 'outbound_domains' };

/** `class`, else `type`, else the name (A29), in documented spelling; undefined when that is not a type. */
export function replicationTypeOf(scope: ScopeNode): string | undefined {
  const written = textOf(scope, 'class') ?? textOf(scope, 'type') ?? scope.instance ?? '';
  const key = nameKey(TYPE_ALIASES[nameKey(written)] ?? written);
  return REPLICATION_TYPES.find((type) => nameKey(type) === key);
}

export function checkReplicate(generation: Generation, sink: DiagnosticSink): void {
  const cluster = generation.scope(['cluster']);
  if (cluster === undefined) return;
  for (const scope of scopesNamed(cluster, 'Replicate')) {
    checkType(scope, sink);
    checkParameters(scope, sink);
  }
}

function checkType(scope: ScopeNode, sink: DiagnosticSink): void {
  for (const option of ['class', 'type', undefined] as const) {
    const text = option === undefined ? scope.instance : textOf(scope, option);
    const alias = TYPE_ALIASES[nameKey(text ?? '')];
    if (alias === undefined) continue;
    const message = `'${text ?? ''}' is read as '${alias}'`;
    sink.add('CONF_DEPRECATED', scope.options.get(option ?? '')?.at ?? scope.at, message, `write ${alias}`);
  }
  const type = replicationTypeOf(scope);
  if (type !== undefined) {
    if (type !== 'cache') refuse(scope, 'max_size', 'max_size is for caches only', sink);
    if (type !== 'outbound_cidr' && type !== 'outbound_domains') {
      refuse(scope, 'binding_group', 'binding_group is for outbound_cidr and outbound_domains only', sink);
    }
    return;
  }
  const named = scope.options.get('class') ?? scope.options.get('type');
  const written = textOf(scope, 'class') ?? textOf(scope, 'type');
  const close = nearest(written ?? scope.instance ?? '', REPLICATION_TYPES);
  const message =
    written === undefined
      ? `Replicate "${shown(scope.instance ?? '')}" needs a type, because its name is none`
      : `'${shown(written)}' is not a replication type`;
  const hint = close === undefined ? `types are ${REPLICATION_TYPES.join(', ')}` : `did you mean '${close}'?`;
  sink.add('CONF_BAD_VALUE', named?.value.at ?? scope.at, message, hint);
}

function checkParameters(scope: ScopeNode, sink: DiagnosticSink): void {
  const option = scope.options.get('parameters');
  const words = (textOf(scope, 'parameters') ?? '').split(';').map((word) => word.trim());
  for (const word of words) {
    if (option === undefined || word === '' || REPLICATION_PARAMETERS.includes(nameKey(word))) continue;
    const close = nearest(word, REPLICATION_PARAMETERS);
    const message = `'${shown(word)}' is not one of the replication parameters`;
    const hint = close === undefined ? REPLICATION_PARAMETERS.join(';') : `did you mean '${close}'?`;
    sink.add('CONF_BAD_VALUE', option.value.at, message, hint);
  }
}

function refuse(scope: ScopeNode, option: string, message: string, sink: DiagnosticSink): void {
  const found = scope.options.get(option);
  if (found !== undefined) sink.add('CONF_BAD_VALUE', found.at, message, 'delete it here');
}

function textOf(scope: ScopeNode, option: string): string | undefined {
  const value = scope.options.get(option)?.value;
  return value?.kind === 'scalar' ? value.text : undefined;
}
