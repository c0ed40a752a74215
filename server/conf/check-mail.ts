/** Checks of what the mail plane uses beyond the types of single options (momentum.md 3.2, 8.1). */

import { parseIp } from '../model/ip.ts';
import { parseRoute } from './addresses.ts';
import type { Value } from './ast.ts';
import { nameKey } from './ast.ts';
import { type DiagnosticSink, type Position, shown } from './diagnostics.ts';
import { duravipUses, isManaged } from './duravip-uses.ts';
import type { Generation } from './generation.ts';
import { domainPattern, MMOVE_NAME } from './mail-scopes.ts';
import type { OptionNode, ScopeNode } from './scope-tree.ts';

/** Texts that go into SMTP commands and replies as they are. */
const ONE_LINE: ReadonlySet<string> = new Set(['reconfig_message']);
const HOST_NAMES: ReadonlySet<string> = new Set(['hostname', 'ehlo_hostname']);
const ROUTES: ReadonlySet<string> = new Set(['routes', 'gateway']);
/** RFC 5321: a reply line has at most 512 bytes. */
const REPLY_CHARACTERS_MAX = 400;
const HOST_NAME = /^(?=.{1,255}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const MAIL_SCOPES: ReadonlySet<string> = new Set([
  'binding',
  'binding_group',
  'domain',
  'host',
  'esmtp_listener',
]);

export function checkMail(generation: Generation, sink: DiagnosticSink): void {
  checkScope(generation.root, sink);
  checkBindings(generation, sink);
}

/** The global scope and, in it, scopes of mail to their depths. */
function checkScope(scope: ScopeNode, sink: DiagnosticSink): void {
  for (const entry of scope.entries) {
    if (entry.kind === 'option') checkOption(entry, sink);
    else if (MAIL_SCOPES.has(nameKey(entry.name)) || scope.name !== '') {
      if (nameKey(entry.name) === 'domain') checkDomain(entry, sink);
      checkScope(entry, sink);
    }
  }
}

function checkOption({ name, value }: OptionNode, sink: DiagnosticSink): void {
  const key = nameKey(name);
  if (ROUTES.has(key)) {
    for (const { text, at } of textsOf(value)) {
      const route = text.trim() === '' ? undefined : parseRoute(text);
      if (route?.ok === false) sink.add('CONF_BAD_VALUE', at, `${name}: ${shown(route.error)}`);
    }
  } else if (HOST_NAMES.has(key)) {
    for (const { text, at } of textsOf(value)) {
      if (HOST_NAME.test(text) || /^\[[0-9a-f.:]+\]$/i.test(text)) continue;
      sink.add('CONF_BAD_VALUE', at, `${name}: '${shown(text)}' is not the name of a host`);
    }
  } else if (ONE_LINE.has(key)) {
    for (const { text, at } of textsOf(value)) {
      if (text !== '' && text.length <= REPLY_CHARACTERS_MAX && /^[\x20-\x7e]*$/.test(text)) continue;
      const message = `${name} is sent to clients: one line of at most ${REPLY_CHARACTERS_MAX} printable ASCII characters`;
      sink.add('CONF_BAD_VALUE', at, message);
    }
  }
}

function checkDomain(scope: ScopeNode, sink: DiagnosticSink): void {
  const pattern = domainPattern(scope);
  if (pattern === undefined || pattern.ok) return;
  const message = `Domain "${shown(scope.instance ?? '')}" is not a pattern: ${pattern.error}`;
  sink.add('CONF_BAD_INSTANCE', scope.at, message);
}

function checkBindings(generation: Generation, sink: DiagnosticSink): void {
  const seen = new Map<string, Position>();
  for (const use of duravipUses(generation).uses) {
    if (use.kind !== 'binding') continue;
    const { scope, name, addressText } = use;
    if (name === MMOVE_NAME) {
      const message = `'${MMOVE_NAME}' is the binding of messages that move between nodes`;
      sink.add('CONF_BAD_INSTANCE', scope.at, message, 'choose another name');
    }
    const before = seen.get(name);
    if (before === undefined) seen.set(name, scope.at);
    else {
      const message = `the binding '${shown(name)}' is defined in line ${before.line} of ${before.file} already; mail is sent by that one`;
      sink.add(
        'CONF_MAIL_BINDING',
        scope.at,
        message,
        'queues are named after bindings: give each its own name',
      );
    }
    // One that DuraVIP manages is told so elsewhere.
    const text = addressText?.trim() ?? '';
    if (isManaged(use) || text === '' || use.address !== undefined) continue;
    const at = scope.options.get('bind_address')?.value.at ?? scope.at;
    sink.add('CONF_BAD_VALUE', at, `Bind_Address: '${shown(text)}' is not an IP address`);
  }
  const own = generation.root.options.get('bind_address')?.value;
  for (const { text, at } of own === undefined ? [] : textsOf(own)) {
    if (text === '' || parseIp(text).ok) continue;
    sink.add('CONF_BAD_VALUE', at, `Bind_Address: '${shown(text)}' is not an IP address`);
  }
}

function textsOf(value: Value): readonly { readonly text: string; readonly at: Position }[] {
  if (value.kind === 'scalar') return [{ text: value.text, at: value.at }];
  if (value.kind === 'dict') return [];
  return value.elements.flatMap((one) => (one.kind === 'scalar' ? [{ text: one.text, at: one.at }] : []));
}
