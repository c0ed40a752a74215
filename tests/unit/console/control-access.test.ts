import { describe, expect, test } from 'vitest';
import {
  ATTEMPTS_MAX,
  AUTHENTICATION_FAILED,
  AUTHORIZATION_REQUIRED,
  AUTHORIZED,
  CHALLENGE_MS,
} from '../../../server/console/control-access.ts';
import { passwordHash } from '../../../server/console/digest-md5.ts';
import { AccessWorld } from '../../support/access-world.ts';

const DIGEST = `Control_Listener {
  Listen "/tmp/2025" {}
  Listen "*:2025" { AuthDigestMD5Parameters = [ uri = digest:///passwd log_authentication = "true" ] }
}`;

function world(configuration = DIGEST): AccessWorld {
  const created = new AccessWorld(configuration);
  created.files.set('/passwd', `tom:Momentum Console:${passwordHash('tom', 'Momentum Console', 'geheim')}\n`);
  return created;
}

describe('authentication', () => {
  test('a proof is good for its connection, and only for that', () => {
    const here = world();
    const talker = here.tcp();
    expect(talker.say('version')).toBe(AUTHORIZATION_REQUIRED);
    expect(talker.signIn('tom', 'geheim')).toBe(AUTHORIZED);
    expect(talker.say('version')).toBe('runs as tom');
    expect(here.tcp().say('version')).toBe(AUTHORIZATION_REQUIRED);
  });

  test('a wrong password, an unknown user and a wrong realm get the same answer', () => {
    const here = world();
    expect(here.tcp('10.0.0.1').signIn('tom', 'wrong')).toBe(AUTHENTICATION_FAILED);
    expect(here.tcp('10.0.0.2').signIn('jerry', 'nobody has this one')).toBe(AUTHENTICATION_FAILED);
    here.files.set('/passwd', `tom:Other:${passwordHash('tom', 'Other', 'geheim')}`);
    expect(here.tcp('10.0.0.3').signIn('tom', 'geheim')).toBe(AUTHENTICATION_FAILED);
  });

  test('a response is good once, for the challenge it answers, and not for long', () => {
    const here = world();
    const recorded: string[] = [];
    const talker = here.tcp();
    const say = talker.say.bind(talker);
    talker.say = (command) => {
      recorded.push(command);
      return say(command);
    };
    expect(talker.signIn('tom', 'geheim')).toBe(AUTHORIZED);
    const response = recorded.at(-1) ?? '';
    expect(say(response)).toBe(AUTHENTICATION_FAILED);
    expect(say('version')).toBe(AUTHORIZATION_REQUIRED);
    const other = here.tcp('10.0.0.2');
    other.say('auth DIGEST-MD5');
    expect(other.say(response)).toBe(AUTHENTICATION_FAILED);
    const slow = here.tcp('10.0.0.3');
    const slowSay = slow.say.bind(slow);
    slow.say = (command) => {
      if (command.startsWith('auth response')) here.nowMs += CHALLENGE_MS + 1;
      return slowSay(command);
    };
    expect(slow.signIn('tom', 'geheim')).toBe(AUTHENTICATION_FAILED);
  });

  test('the third failure is the last answer of a connection', () => {
    const talker = world().tcp();
    for (let count = 1; count < ATTEMPTS_MAX; count += 1) {
      expect(talker.decide('auth response x')).toMatchObject({ close: false });
    }
    expect(talker.decide('auth response x')).toMatchObject({ close: true });
  });

  test('an answer to a failure comes late, and later from the same address on whatever connection', () => {
    const here = world();
    const waits = [here.tcp(), here.tcp(), here.tcp()].map((talker) => talker.decide('auth response x'));
    expect(waits).toMatchObject([{ notBeforeMs: 250 }, { notBeforeMs: 750 }, { notBeforeMs: 1_750 }]);
    expect(here.tcp('10.0.0.2').decide('auth response x')).toMatchObject({ notBeforeMs: 250 });
    const patient = here.tcp();
    expect(patient.signIn('tom', 'geheim')).toBe(AUTHORIZED);
  });

  test('an address that guesses on and on is refused unseen, with the right password, too', () => {
    const here = world();
    for (let count = 0; count < 10; count += 1) here.tcp().decide('auth response x');
    const talker = here.tcp();
    expect(talker.signIn('tom', 'geheim')).toBe(AUTHENTICATION_FAILED);
    here.nowMs = 60_000;
    expect(here.tcp().signIn('tom', 'geheim')).toBe(AUTHORIZED);
  });

  test('a failed proof takes away the one before', () => {
    const talker = world().tcp();
    talker.signIn('tom', 'geheim');
    talker.signIn('tom', 'wrong');
    expect(talker.say('version')).toBe(AUTHORIZATION_REQUIRED);
  });

  test('the file is read for each proof, and one that cannot be read is told to the operator only', () => {
    const here = world();
    here.files.delete('/passwd');
    expect(here.tcp().signIn('tom', 'geheim')).toBe(AUTHENTICATION_FAILED);
    expect(here.problems).toEqual(['AuthDigestMD5Parameters digest:///passwd: ENOENT']);
  });

  test.each([
    ['ecauth://', 'Error: AuthDigestMD5Parameters: ecauth:// is not supported; use digest://path'],
    ['groups:///x', 'Error: AuthDigestMD5Parameters: groups:// holds no passwords; use digest://path'],
  ])('%s is refused clearly, at the console and in the log', (uri, text) => {
    const here = world(
      `Control_Listener { Listen "*:2025" { AuthDigestMD5Parameters = [ uri = "${uri}" ] } }`,
    );
    const talker = here.tcp();
    expect(talker.say('auth DIGEST-MD5')).toBe(text);
    expect(talker.say('version')).toBe(AUTHORIZATION_REQUIRED);
    expect(here.problems).toHaveLength(1);
  });

  test('other mechanisms are refused by name, and do not count as guesses', () => {
    const talker = world().tcp();
    for (const mechanism of ['CRAM-MD5', 'LOGIN', '', 'LOGIN tom geheim', 'PLAIN']) {
      expect(talker.say(`auth ${mechanism}`)).toBe(
        'Error: use auth DIGEST-MD5; no other mechanism is supported',
      );
    }
    expect(talker.signIn('tom', 'geheim')).toBe(AUTHORIZED);
  });

  test('what somebody types after auth is in no account', () => {
    const here = world(`${DIGEST} Control_Listener { Enable_Authorization = true }`);
    here.unix().say('auth LOGIN local geheim');
    expect(here.accounts.join()).not.toContain('geheim');
  });

  test('a command that only begins like auth is a command', () => {
    expect(world().unix().say('authz id')).toBe('runs as local');
  });
});

describe('authorisation', () => {
  const ROLES = `Control_Listener {
    Enable_Authorization = true
    AuthorizationParameters = [ uri = "groups:///roles" ]
    Listen "/tmp/2025" {}
  }
  Authorization { Role "local" { allow = ( "^pid$" ) } Role "users" { allow = ( "^summary$" "^mailq" ) } }`;

  test('the rule of the own name and of each role are tried, in this order', () => {
    const here = world(ROLES);
    here.files.set('/roles', 'users:local\n');
    const talker = here.unix();
    expect(talker.say('pid')).toBe('runs as local');
    expect(talker.decide('summary')).toMatchObject({ source: { roles: ['users'] } });
    expect(talker.say('shutdown')).toBe('Not Authorized for this command');
    expect(talker.say('xml summary')).toBe('Not Authorized for this command');
  });

  test('roles that cannot be read refuse what only they would allow, with the outcome -1', () => {
    const here = world(ROLES);
    const talker = here.unix();
    expect(talker.say('pid')).toBe('runs as local');
    expect(talker.say('summary')).toBe('Not Authorized for this command');
    expect(here.accounts.slice(-1)).toEqual(['1160172232@Z@/tmp/2025@@local@-1@summary']);
    expect(here.problems).toContain('AuthorizationParameters groups:///roles: ENOENT');
  });

  test('a pattern that is none does not get as far: the configuration is refused', () => {
    expect(() => world(ROLES.replace('"^pid$"', '"("'))).toThrow('is not a pattern');
  });

  test('a name that differs in case is another name', () => {
    const here = world(ROLES.replaceAll('local', 'LOCAL'));
    here.files.set('/roles', '');
    expect(here.unix().say('pid')).toBe('Not Authorized for this command');
  });

  test('a reload counts for the next command of an open connection', () => {
    const here = world(ROLES);
    here.files.set('/roles', '');
    const talker = here.unix();
    expect(talker.say('shutdown')).toBe('Not Authorized for this command');
    here.reload(ROLES.replace('^pid$', '^shutdown$'));
    expect(talker.say('shutdown')).toBe('runs as local');
    here.reload(DIGEST);
    expect(talker.say('anything')).toBe('runs as local');
  });
});
