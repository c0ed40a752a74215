import { expect, test } from 'vitest';
import {
  ACCOUNT_FIELD_CHARACTERS_MAX,
  acctlogPlaces,
  authenticationLine,
  authorizationLine,
} from '../../../server/console/accounting.ts';
import { load } from '../../support/conf-samples.ts';

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

test('the acctlog is that of every enabled ec_logger, plain files only', () => {
  const places = (text: string) => {
    const { generation } = load(text);
    if (generation === undefined) throw new Error('the sample loads');
    return acctlogPlaces(generation);
  };
  expect(places('')).toEqual({ paths: [], unsupported: [] });
  expect(
    places(`ec_logger "one" { acctlog = /var/log/ecelerity/acctlog.ec }
      ec_logger "same" { acctlog = "file:///var/log/ecelerity/acctlog.ec" }
      ec_logger "off" { enabled = false acctlog = /var/log/off }
      ec_logger "none" { mainlog = /var/log/mainlog.ec }
      ec_logger "ec_logger_cluster" { acctlog = "cluster:///var/log/acctlog.cluster=>master" }`),
  ).toEqual({
    paths: ['/var/log/ecelerity/acctlog.ec'],
    unsupported: ['cluster:///var/log/acctlog.cluster=>master'],
  });
});
