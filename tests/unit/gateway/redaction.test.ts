/** Which parts of a command line count as secret, as a table. */

import { describe, expect, test } from 'vitest';
import { redactCommand } from '../../../server/gateway/redaction.ts';

describe('[CN-7] secrets are left out by rule', () => {
  test.each([
    ['config set password hunter2', 'config set password ***'],
    ['config set cluster password "a b \\" c"', 'config set cluster password ***'],
    ["config set ldap bind_password 'a b'", 'config set ldap bind_password ***'],
    ['config set http_auth password "no end', 'config set http_auth password ***'],
    // The console knows no `;`, and what a value goes on with is part of the secret.
    ['config set PassPhrase x; config commit', 'config set PassPhrase ***'],
    ['config set smtp_pass x y', 'config set smtp_pass ***'],
    ['config set datasource dsn mysql://app:s3cret@db/x', 'config set datasource dsn mysql://app:***@db/x'],
    ['config set relay smtp://u:p%40w@10.1.1.1:25', 'config set relay smtp://u:***@10.1.1.1:25'],
    ['auth response cmVzcG9uc2U9 YWJj', 'auth response ***'],
    ['AUTH PLAIN AGFuYQBz', 'AUTH PLAIN ***'],
    ['config set param [ user = "x" secret = "y" ]', 'config set param [ user = "x" secret = *** ]'],
    ['config set param ["api_key"="k", "host"="h"]', 'config set param ["api_key"=***, "host"="h"]'],
    ['import {"token": "abc", "to": "b"}', 'import {"token": ***, "to": "b"}'],
    ['fetch --password=abc --user=ana', 'fetch --password=*** --user=ana'],
    ['fetch --token abc list', 'fetch --token *** list'],
    ['send Authorization: Bearer abcdef012345', 'send Authorization: Bearer ***'],
    ['send muster_0123456789ab_abcDEF-_x', 'send ***'],
    ['broadcast config set password hunter2', 'broadcast config set password ***'],
    ['xml unicast labrat-1 config set shared_key 00ff', 'xml unicast labrat-1 config set shared_key ***'],
    ['config set password\thunter2', 'config set password\t***'],
    ['config set cluster password = hunter2', 'config set cluster password = ***'],
    ['config set password="a"b', 'config set password=***'],
    ['config set password ( "a", "b" )', 'config set password ***'],
    ['config set bindPassword x', 'config set bindPassword ***'],
    ['config set password2 x', 'config set password2 ***'],
    ['config set secret_key x', 'config set secret_key ***'],
    ['config set Password_Hash x', 'config set Password_Hash ***'],
    ['config set AuthTokens "x"', 'config set AuthTokens ***'],
    ['config set password "a\nb"', 'config set password ***'],
    ['config set password "abc\\', 'config set password ***'],
    ['config set pass\u200bword x', 'config set pass\u200bword ***'],
    ['config set \uff50assword x', 'config set \uff50assword ***'],
    ['xml config set password x y', 'xml config set password ***'],
    ['broadcast "config set password a b"', 'broadcast "config set password ***'],
    ['subcluster broadcast west config set pwd = x', 'subcluster broadcast west config set pwd = ***'],
    ['fetch --password=a,b;c --user=ana', 'fetch --password=*** --user=ana'],
    ['fetch --password "a b"c --user=ana', 'fetch --password *** --user=ana'],
    ['fetch passwords=("a", "b") to x', 'fetch passwords=*** to x'],
    ['fetch "password=a b" to x', 'fetch "password=***" to x'],
    ['fetch password == x', 'fetch password == ***'],
    ['fetch password => x', 'fetch password => ***'],
    ['fetch password=***real', 'fetch password=***'],
    ['send X-Api-Key: abc', 'send X-Api-Key: ***'],
    ['fetch smtp://u:p@w@relay/x', 'fetch smtp://u:***@relay/x'],
    ['auth response a\nb', 'auth response ***'],
  ])('%s', (command, kept) => {
    expect(redactCommand(command)).toBe(kept);
    expect(redactCommand(kept)).toBe(kept);
  });

  test.each([
    'version',
    'config get password',
    'config eval cluster password',
    'cluster duravip move 10.80.116.50 to labrat-2',
    'config set passive_mode on',
    'config set debug_level DEBUG',
    'config set relay smtp://10.1.1.1:25',
    'config set tokens_per_second 5',
    'config set bypass_list "10.0.0.0/8"',
    'help',
    '',
  ])('%s stays as it is', (command) => {
    expect(redactCommand(command)).toBe(command);
  });

  test('the longest command is judged at once, whatever it repeats', () => {
    for (const piece of [
      'password ',
      'a_',
      'x://',
      '"',
      'secret=',
      'password="\\',
      'auth response ',
      'config set [',
      'secret (',
    ]) {
      const command = piece.repeat(Math.ceil(8_192 / piece.length)).slice(0, 8_192);
      expect(typeof redactCommand(command)).toBe('string');
    }
  });
});
