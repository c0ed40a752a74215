/** Every option of a configuration as data: its effective value and where that comes from. Secrets are left out. */

import type { OptionEntry } from '../base/option-table.ts';
import type { Value } from './ast.ts';
import { nameKey } from './ast.ts';
import type { Effective, Generation } from './generation.ts';
import type { OptionFact, OptionOrigin, ScopeFacts } from './live-api.ts';
import type { ConsoleOrigins } from './origins.ts';
import { printOption, quote } from './printer.ts';
import { spelledOption } from './queries.ts';
import type { ScopeStep } from './scope-path.ts';
import type { ScopeNode } from './scope-tree.ts';
import { isSecret } from './secrets.ts';
import { sameValue } from './tree-diff.ts';

type Steps = readonly ScopeStep[];

/**
 * Scopes in the order of the configuration, then those that have a table, stand alone and are not configured.
 * Deprecated options, and those that are kept without effect, are listed where they are set.
 * @param started the generation whose values options have that cannot change at run time.
 */
export function describeScopes(
  live: Generation,
  started: Generation,
  origins: ConsoleOrigins,
  optionsMax: number,
): readonly ScopeFacts[] {
  const describer = new Describer(live, started, origins, optionsMax);
  const configured = configuredScopes(live.root, []).map(([steps, scope]) => describer.scope(steps, scope));
  const others = live.registry
    .tables()
    .filter(({ kept }) => kept !== true)
    .map(({ path }) => path.map((name) => ({ name, instance: undefined })))
    .filter((steps) => isSingleton(live, steps) && live.scope(steps.map(({ name }) => name)) === undefined)
    .map((steps) => describer.scope(steps, undefined));
  return [...configured, ...others];
}

class Describer {
  readonly #live: Generation;
  readonly #started: Generation;
  readonly #origins: ConsoleOrigins;
  /** Options that may still be told. */
  #left: number;

  constructor(live: Generation, started: Generation, origins: ConsoleOrigins, optionsMax: number) {
    this.#live = live;
    this.#started = started;
    this.#origins = origins;
    this.#left = optionsMax;
  }

  scope(steps: Steps, scope: ScopeNode | undefined): ScopeFacts {
    const table = this.#live.registry.scope(steps.map((step) => step.name))?.table;
    const set = table?.kept === true || table?.wide === true;
    const listed = set ? [] : (table?.options ?? []).filter(isInUse);
    const known = new Set(listed.map(({ name }) => nameKey(name)));
    const names = listed.map(({ name }) => name);
    for (const { name } of scope?.options.values() ?? []) {
      const canonical = this.#live.entry(steps, name)?.name ?? name;
      if (known.has(nameKey(canonical))) continue;
      known.add(nameKey(canonical));
      names.push(canonical);
    }
    const options = names.slice(0, this.#left).map((name) => this.#option(steps, name));
    this.#left -= options.length;
    const omitted = names.length - options.length;
    return { path: pathText(this.#live, steps), configured: scope !== undefined, options, omitted };
  }

  #option(steps: Steps, name: string): OptionFact {
    const entry = this.#live.entry(steps, name);
    const effective = this.#live.effective(steps, name);
    const secret = isSecret(
      this.#live.registry,
      steps.map((step) => step.name),
      name,
    );
    return {
      name: spelledOption(this.#live, steps, name),
      type: entry === undefined ? 'any' : typeName(entry),
      unit: entry?.unit ?? null,
      dynamic: entry?.dynamic ?? true,
      restartNeeded: entry?.dynamic === false && !this.#isAsStarted(steps, name, effective),
      default: entry?.default === undefined ? null : [entry.default].flat(),
      source: entry?.source ?? '',
      value: secret ? null : textsOf(effective),
      secret,
      origin: this.#origin(effective),
    };
  }

  #isAsStarted(steps: Steps, name: string, now: Effective | undefined): boolean {
    const before = this.#started.effective(steps, name);
    if (before?.from !== 'scope' || now?.from !== 'scope')
      return JSON.stringify(textsOf(before)) === JSON.stringify(textsOf(now));
    return sameValue(before.option.value, now.option.value);
  }

  #origin(effective: Effective | undefined): OptionOrigin {
    if (effective === undefined) return { kind: 'unset' };
    if (effective.from === 'default') {
      return { kind: effective.entry.default === undefined ? 'unset' : 'default' };
    }
    const scope = pathText(this.#live, effective.steps);
    const origin = this.#origins.of(effective.option);
    if (origin !== undefined) return { kind: 'console', scope, ...origin };
    const { file, line, column } = effective.option.at;
    return { kind: 'file', scope, file, line, column };
  }
}

function isInUse({ deprecated, kept }: OptionEntry): boolean {
  return deprecated === undefined && kept !== true;
}

/** `cluster Topology "10.1.1.0/24"` */
export function pathText({ registry }: Generation, steps: Steps): string {
  return steps
    .map(({ instance }, i) => {
      const name = registry.spelling(steps.slice(0, i + 1).map((step) => step.name));
      return instance === undefined ? name : `${name} ${quote(instance)}`;
    })
    .join(' ');
}

/** `array of string` */
export function typeName({ type, array }: OptionEntry): string {
  return array === true ? `array of ${type}` : type;
}

function configuredScopes(scope: ScopeNode, steps: Steps): readonly (readonly [Steps, ScopeNode])[] {
  const inner = scope.entries.flatMap((entry) =>
    entry.kind === 'scope'
      ? configuredScopes(entry, [...steps, { name: entry.name, instance: entry.instance }])
      : [],
  );
  return [[steps, scope], ...inner];
}

/** No scope on the way carries a name of its own. */
function isSingleton({ registry }: Generation, steps: Steps): boolean {
  return steps.every((_, i) => {
    const table = registry.scope(steps.slice(0, i + 1).map((step) => step.name))?.table;
    return table?.instance === 'none';
  });
}

function textsOf(effective: Effective | undefined): readonly string[] | null {
  if (effective === undefined) return null;
  if (effective.from === 'default') {
    const { default: standard } = effective.entry;
    return standard === undefined ? null : [standard].flat();
  }
  return valueTexts(effective.option.value);
}

function valueTexts(value: Value): readonly string[] {
  if (value.kind === 'scalar') return [value.text];
  if (value.kind === 'array') {
    return value.elements.map((element) => (element.kind === 'scalar' ? element.text : element.head.text));
  }
  return value.items.flatMap((item) =>
    item.kind === 'option' ? [printOption(item.name, item.value).join(' ')] : [],
  );
}
