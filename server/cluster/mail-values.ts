/**
 * Values of delivery options for one binding and one domain, read scope by scope in the documented orders (momentum.md
 * 3.2, 8.3). What is malformed was told when the configuration was loaded; here the default stands in for it.
 */

import { must } from '../base/assert.ts';
import type { Value } from '../conf/ast.ts';
import { nameKey } from '../conf/ast.ts';
import type { Generation } from '../conf/generation.ts';
import { type BindingPlace, domainScope, hostScope } from '../conf/mail-scopes.ts';
import type { ScopeNode } from '../conf/scope-tree.ts';
import { parseBool, parseInteger, parseThrottle, problemOf } from '../conf/values.ts';
import { type IpAddress, isIpv6, parseIp } from '../model/ip.ts';

/** A scope and what it is, for keys of shared counters. */
export type MailPlace = {
  readonly scope: ScopeNode;
  readonly kind: 'global' | 'domain' | 'group' | 'groupDomain' | 'binding' | 'bindingDomain';
};

/** Scopes that there are for a binding and a domain, the narrowest first. */
export function placesOf(
  root: ScopeNode,
  place: BindingPlace | undefined,
  domain: string,
): readonly MailPlace[] {
  const { binding, group } = place ?? { binding: undefined, group: undefined };
  const places: [MailPlace['kind'], ScopeNode | undefined][] = [
    ['bindingDomain', binding && domainScope(binding, domain)],
    ['groupDomain', group && domainScope(group, domain)],
    ['binding', binding],
    ['group', group],
    ['domain', domainScope(root, domain)],
    ['global', root],
  ];
  return places.flatMap(([kind, scope]) => (scope === undefined ? [] : [{ kind, scope }]));
}

export class MailValues {
  readonly #generation: Generation;

  constructor(generation: Generation) {
    this.#generation = generation;
  }

  /** Undefined where it is written nowhere and has no default. */
  integer(places: readonly MailPlace[], name: string): number | undefined {
    return this.#parsed(places, name, parseInteger);
  }

  boolean(places: readonly MailPlace[], name: string): boolean {
    return this.#parsed(places, name, parseBool) ?? false;
  }

  text(places: readonly MailPlace[], name: string): string | undefined {
    return this.texts(places, name)[0];
  }

  texts(places: readonly MailPlace[], name: string): readonly string[] {
    const found = this.#find(places, name);
    if (found !== undefined) return textsOf(found.value);
    return [this.#entry(name).default ?? []].flat();
  }

  /** Of an option that is none of the global scope. @param path of the scope, names only. */
  integerIn({ scope }: MailPlace, path: readonly string[], name: string): number | undefined {
    const entry = must(this.#generation.registry.option(path, name), 'an option of the table');
    const value = scope.options.get(nameKey(name))?.value;
    if (value === undefined || problemOf(entry, value) !== undefined) return undefined;
    const parsed = parseInteger(textsOf(value)[0] ?? '');
    return parsed.ok ? parsed.value : undefined;
  }

  /** With the place where it is written. */
  integerAt(
    places: readonly MailPlace[],
    name: string,
  ): { readonly value: number; readonly place: MailPlace } | undefined {
    const found = this.#find(places, name);
    const parsed = found === undefined ? undefined : parseInteger(textsOf(found.value)[0] ?? '');
    return found !== undefined && parsed?.ok === true
      ? { value: parsed.value, place: found.place }
      : undefined;
  }

  throttleAt(
    places: readonly MailPlace[],
    name: string,
  ): { readonly amount: number; readonly perMs: number; readonly place: MailPlace } | undefined {
    const found = this.#find(places, name);
    const parsed = found === undefined ? undefined : parseThrottle(textsOf(found.value)[0] ?? '');
    if (found === undefined || parsed?.ok !== true) return undefined;
    return { amount: parsed.value.count, perMs: parsed.value.perSeconds * 1_000, place: found.place };
  }

  #parsed<T>(
    places: readonly MailPlace[],
    name: string,
    parse: (text: string) => { readonly ok: true; readonly value: T } | { readonly ok: false },
  ): T | undefined {
    const found = this.#find(places, name);
    const parsed = found === undefined ? undefined : parse(textsOf(found.value)[0] ?? '');
    if (parsed?.ok === true) return parsed.value;
    const { default: standard } = this.#entry(name);
    const own = typeof standard === 'string' ? parse(standard) : undefined;
    return own?.ok === true ? own.value : undefined;
  }

  /** The first place that sets it, and sets it right. */
  #find(
    places: readonly MailPlace[],
    name: string,
  ): { readonly value: Value; readonly place: MailPlace } | undefined {
    const entry = this.#entry(name);
    for (const place of places) {
      const value = place.scope.options.get(nameKey(name))?.value;
      if (value !== undefined && problemOf(entry, value) === undefined) return { value, place };
    }
    return undefined;
  }

  #entry(name: string) {
    return must(this.#generation.registry.option([], name), 'options of delivery are global options too');
  }
}

/** Documented order for connections to one host: the host in the binding, then the host. */
export function hostPlaces(
  root: ScopeNode,
  place: BindingPlace | undefined,
  host: string,
): readonly MailPlace[] {
  const own = place === undefined ? undefined : hostScope(place.binding, host);
  const global = hostScope(root, host);
  return [own, global].flatMap((scope) => (scope === undefined ? [] : [{ kind: 'global' as const, scope }]));
}

/** An IPv6 address may stand in `[ ]`. */
export function addressIn(text: string | undefined): IpAddress | undefined {
  const parsed = parseIp((text ?? '').trim().replace(/^\[(.*)\]$/, '$1'));
  return parsed.ok ? parsed.value : undefined;
}

/** As it stands in SMTP: an address literal, or the name. */
export function smtpName(text: string): string {
  const address = addressIn(text);
  if (address === undefined) return text;
  return isIpv6(address) ? `[IPv6:${address}]` : `[${address}]`;
}

function textsOf(value: Value): readonly string[] {
  if (value.kind === 'scalar') return [value.text];
  if (value.kind === 'dict') return [];
  return value.elements.flatMap((one) => (one.kind === 'scalar' ? [one.text] : []));
}
