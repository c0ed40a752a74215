import { expect, test } from 'vitest';
import { isSignedIn, readSession } from '../../../components/api/session-reply.ts';
import { sessionReply } from '../../../server/wire/http.ts';

const NOBODY = {
  account: null,
  csrf: null,
  setupNeeded: true,
  environment: { name: 'test', pattern: 'dotted', colour: '#336699' },
  clusterName: 'mx-west',
  build: '1',
  rehearsal: false,
} as const;

test('what the schema accepts is read without loss', () => {
  const somebody = {
    ...NOBODY,
    account: { name: 'operator', role: 'operator' },
    csrf: 't',
    rehearsal: true,
  } as const;
  for (const reply of [NOBODY, somebody]) expect(readSession(sessionReply.parse(reply))).toEqual(reply);
  expect(isSignedIn(readSession(somebody))).toBe(true);
  expect(isSignedIn(readSession(NOBODY))).toBe(false);
});

test('every field of the schema is read', () => {
  expect(Object.keys(readSession(NOBODY) ?? {}).sort()).toEqual(Object.keys(sessionReply.shape).sort());
});

test('a reply that is no session is refused, an unknown role is nobody', () => {
  for (const value of [undefined, null, 'x', 3, [], {}]) expect(readSession(value)).toBeUndefined();
  expect(readSession({ ...NOBODY, account: { name: 'x', role: 'root' } })?.account).toBeNull();
});
