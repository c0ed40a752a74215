import { expect, test } from 'vitest';
import {
  ACCOUNT_FIELD_CHARACTERS_MAX,
  authenticationLine,
  authorizationLine,
} from '../../../server/console/accounting.ts';

const unix = { listener: '/tmp/2025', peer: '' };

test('text of a peer makes no second field and no second line', () => {
  const user = 'a@b\\c\n1@N@/tmp/2025@@root@1\r\t\u001b[2J\u2028';
  const line = authenticationLine(1_160_503_808_999, unix, { user, ok: false });
  expect(line).toBe(
    '1160503808@N@/tmp/2025@@a\\@b\\\\c\\n1\\@N\\@/tmp/2025\\@\\@root\\@1\\r\\t\\x1b[2J\\u2028@0',
  );
});

test('a field is bounded', () => {
  const command = 'x'.repeat(ACCOUNT_FIELD_CHARACTERS_MAX + 1);
  const account = { user: 'u', outcome: 0, command, role: undefined } as const;
  const field = authorizationLine(0, unix, account).split('@')[6];
  expect(field).toBe(`${'x'.repeat(ACCOUNT_FIELD_CHARACTERS_MAX)}...`);
});
