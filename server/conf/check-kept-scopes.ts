/**
 * Scopes of mail in which nothing acts. Whether DuraVIP acts on one may depend on another: an address is managed for all
 * that use it. One word for each kind of scope, as for all that is kept.
 */

import { type DiagnosticSink, shown } from './diagnostics.ts';
import { type DuravipUses, isManaged } from './duravip-uses.ts';
import type { Generation } from './generation.ts';
import type { ScopeNode } from './scope-tree.ts';

export function checkKeptScopes(
  { root, registry }: Generation,
  { uses, vips }: DuravipUses,
  sink: DiagnosticSink,
): void {
  const acting = new Set<ScopeNode | undefined>();
  for (const use of uses) {
    const { address, scope, outer } = use;
    // One that is marked and lacks an address is told so elsewhere.
    if (isManaged(use) || (address !== undefined && vips.has(address))) acting.add(scope).add(outer);
  }
  const warned = new Set<string>();
  const warn = (scope: ScopeNode, outer: ScopeNode | undefined): void => {
    const path = outer === undefined ? [scope.name] : [outer.name, scope.name];
    const key = path.join('\n').toLowerCase();
    if (warned.has(key) || registry.scope(path)?.table.actsBy === undefined) return;
    warned.add(key);
    const where = outer === undefined ? '' : ` in '${registry.spelling([outer.name])}'`;
    const message = `the scope '${shown(scope.name)}'${where} is kept but has no effect here`;
    sink.add('CONF_UNKNOWN_SCOPE', scope.at, message);
  };
  for (const scope of root.entries) {
    if (scope.kind === 'scope' && !acting.has(scope)) warn(scope, undefined);
  }
  for (const { scope, outer } of uses) {
    if (outer !== undefined && acting.has(outer) && !acting.has(scope)) warn(scope, outer);
  }
}
