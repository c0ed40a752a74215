/**
 * Addresses as SMTP writes them (RFC 5321 4.1.2), without the angle brackets: `local@domain`, a quoted local part, an
 * address literal as domain. ASCII only: SMTPUTF8 is not offered. The domain comes back in lower case.
 */

import { err, ok, type Result } from '../base/result.ts';
import { parseIp } from '../model/ip.ts';
import type { Recipient } from './api.ts';

/** RFC 5321 4.5.3.1. */
export const LOCAL_PART_OCTETS_MAX = 64;
export const DOMAIN_OCTETS_MAX = 255;
/** Of a path, brackets included. */
export const PATH_OCTETS_MAX = 256;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`);
const QUOTED_STRING = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** The error says what is wrong. */
export function parseMailbox(text: string): Result<Recipient, string> {
  if (text.length > PATH_OCTETS_MAX - 2) return err('the address is too long');
  const at = text.lastIndexOf('@');
  if (at < 1) return err('an address has the form local@domain');
  const local = text.slice(0, at);
  if (local.length > LOCAL_PART_OCTETS_MAX) return err('the local part is too long');
  if (!DOT_STRING.test(local) && !QUOTED_STRING.test(local)) return err('the local part is not valid');
  const domain = parseMailDomain(text.slice(at + 1));
  if (domain === undefined) return err('the domain is not valid');
  return ok({ address: `${local}@${domain}`, domain });
}

/** A host name in lower case, or an address literal such as `[192.0.2.1]` or `[IPv6:2001:db8::1]`. */
export function parseMailDomain(text: string): string | undefined {
  const domain = text.toLowerCase();
  if (domain.length === 0 || domain.length > DOMAIN_OCTETS_MAX) return undefined;
  if (domain.startsWith('[')) return literalAddress(domain) === undefined ? undefined : domain;
  return domain.split('.').every((label) => LABEL.test(label)) ? domain : undefined;
}

/** The address in an address literal; undefined for a host name. */
export function literalAddress(domain: string): string | undefined {
  if (!domain.startsWith('[') || !domain.endsWith(']')) return undefined;
  const parsed = parseIp(domain.slice(1, -1).replace(/^ipv6:/i, ''));
  return parsed.ok ? parsed.value : undefined;
}

/** Both parts of an address; empty ones for the null sender. */
export function partsOf(address: string): { readonly local: string; readonly domain: string } {
  const at = address.lastIndexOf('@');
  return at < 0
    ? { local: address, domain: '' }
    : { local: address.slice(0, at), domain: address.slice(at + 1) };
}
