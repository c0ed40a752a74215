import { expect, test } from 'vitest';
import {
  findPassword,
  parseAccessUri,
  ROLES_OF_USER_MAX,
  rolesOf,
} from '../../../server/console/access-files.ts';

const HASH = '0123456789abcdef0123456789abcdef';
const digest = { scheme: 'digest', storedCleartext: false } as const;
const tom = { user: 'tom', realm: 'Momentum Console' };

test('the address of a file is scheme and absolute path', () => {
  expect(parseAccessUri('digest:///opt/msys/ecelerity/etc/console_passwd')).toEqual({
    ok: true,
    value: { scheme: 'digest', path: '/opt/msys/ecelerity/etc/console_passwd' },
  });
  expect(parseAccessUri('GROUPS:///a')).toMatchObject({ ok: true, value: { scheme: 'groups' } });
  expect(parseAccessUri('ecauth://')).toEqual({ ok: false, error: 'ecauth:// is not supported' });
  expect(parseAccessUri('digest://relative')).toEqual({
    ok: false,
    error: 'digest:// needs an absolute path',
  });
  expect(parseAccessUri('/plain/path')).toEqual({ ok: false, error: 'it is not scheme://path' });
});

test('a password file has user:realm:hash, comments and lines of other users and realms', () => {
  const text = `# tom:Momentum Console:${'0'.repeat(32)}\r\nnonsense\ntom:Other:${'1'.repeat(32)}\n\ntom:Momentum Console:${HASH.toUpperCase()}\r\ntom:Momentum Console:${'2'.repeat(32)}\n`;
  expect(findPassword(text, tom, digest)).toEqual({ kind: 'hash', value: HASH });
  expect(findPassword(text, { ...tom, user: 'to' }, digest)).toBeUndefined();
  expect(findPassword('tom:Momentum Console:secret\n', tom, digest)).toBeUndefined();
});

test('the third field is the password itself where it is stored in clear text, colons included', () => {
  const form = { scheme: 'digest', storedCleartext: true } as const;
  expect(findPassword('tom:Momentum Console:a:b c ', tom, form)).toEqual({
    kind: 'cleartext',
    value: 'a:b c ',
  });
  expect(findPassword('tom:secret', tom, { scheme: 'file', storedCleartext: false })).toEqual({
    kind: 'cleartext',
    value: 'secret',
  });
});

test('a name with a colon is nobody: it would read the fields of somebody else', () => {
  const text = `tom:Momentum Console:${HASH}`;
  expect(findPassword(text, { user: 'tom:Momentum Console', realm: HASH }, digest)).toBeUndefined();
  expect(findPassword(text, { user: '', realm: '' }, digest)).toBeUndefined();
});

test('a role file has role:user1,user2 or role:unused:user1,user2', () => {
  const text = '# root:tom\nroot:root\nadmin:serv,ec\r\nusers:x: tom , ec\nbad:a:b:tom\n:tom\nnone\n';
  expect(rolesOf(text, 'tom')).toEqual(['users']);
  expect(rolesOf(text, 'ec')).toEqual(['admin', 'users']);
  expect(rolesOf(text, 'x')).toEqual([]);
});

test('the roles of one user are bounded', () => {
  const roles = Array.from({ length: ROLES_OF_USER_MAX + 1 }, (_, i) => `r${i}:tom`).join('\n');
  expect(rolesOf(roles, 'tom')).toHaveLength(ROLES_OF_USER_MAX);
});
