/**
 * Reads GET /api/session without the schema library, which the sign-in page must not load. The shape is that of
 * `sessionReply` in server/wire/http.ts; a test holds the two together.
 */

import type { z } from 'zod';
import type { Role, sessionReply } from '../../server/wire/http.ts';

export type SessionReply = z.infer<typeof sessionReply>;
export type Environment = SessionReply['environment'];
export type SignedInSession = SessionReply & {
  readonly account: { readonly name: string; readonly role: Role };
};

function isRole(value: unknown): value is Role {
  return value === 'viewer' || value === 'operator' || value === 'admin';
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function environmentOf(value: unknown): Environment {
  const { name, pattern, colour } = record(value);
  const known = pattern === 'diagonal' || pattern === 'dotted' ? pattern : 'solid';
  return { name: text(name), pattern: known, colour: text(colour) };
}

export function readSession(value: unknown): SessionReply | undefined {
  const body = record(value);
  if (typeof body['setupNeeded'] !== 'boolean') return undefined;
  const { name, role } = record(body['account']);
  return {
    account: typeof name === 'string' && isRole(role) ? { name, role } : null,
    csrf: typeof body['csrf'] === 'string' ? body['csrf'] : null,
    setupNeeded: body['setupNeeded'],
    environment: environmentOf(body['environment']),
    clusterName: text(body['clusterName']),
    build: text(body['build']),
    rehearsal: body['rehearsal'] === true,
  };
}

export function isSignedIn(session: SessionReply | undefined): session is SignedInSession {
  return session?.account != null;
}
