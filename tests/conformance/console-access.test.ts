/** Who may use a control listener, and the lines that it leaves: samples of momentum.md 7.1, 7.4 and 7.5. */

import { describe, expect, test } from 'vitest';
import { type AccessPolicy, accessPolicy } from '../../server/console/access-policy.ts';
import { authenticationLine, authorizationLine } from '../../server/console/accounting.ts';
import { AUTHZ_COMMANDS } from '../../server/console/authz-commands.ts';
import { CommandTree } from '../../server/console/command-tree.ts';
import { passwordHash } from '../../server/console/digest-md5.ts';
import { AccessWorld, generationOf } from '../support/access-world.ts';

function policy(configuration: string, address?: string, listener = '127.0.0.1:2025'): AccessPolicy {
  const via = address === undefined ? 'unix' : 'tcp';
  return accessPolicy(generationOf(configuration), { via, listener, address });
}

describe('options of Control_Listener', () => {
  test('[CON-08] the default stanza of a manager: no authentication on the Unix socket, digest on TCP', () => {
    const stanza = `Control_Listener {
      AuthDigestMD5Parameters = [
        uri = "ecauth://"
      ]
      Enable_Authentication = "true"

      Enable_Authorization = "false"
      AuthorizationParameters = [
        uri = "ecauth://"
      ]

      Listen "/tmp/2025" {
        Enable_Authentication = "false"
      }
      Listen "127.0.0.1:2025" {
      }
    }`;
    expect(policy(stanza, undefined, '/tmp/2025')).toMatchObject({ authentication: false });
    expect(policy(stanza, '127.0.0.1')).toEqual({
      alwaysAllow: false,
      alwaysDeny: false,
      authentication: true,
      authorization: false,
      digest: {
        uri: 'ecauth://',
        realm: 'Momentum Console',
        logAuthentication: false,
        storedCleartext: false,
      },
      rolesUri: 'ecauth://',
    });
  });

  test('[CON-08] digest parameters on a TCP listener ask for a password, with or without an equals sign', () => {
    const stanza = `Control_Listener {
      Listen /tmp/2025 {}
      Listen ":2025" {
        AuthDigestMD5Parameters [
          uri = digest:///opt/msys/ecelerity/etc/console_passwd
          realm = "my choice of realm"
          log_authentication = "true"
          stored_cleartext = "true"
        ]
      }
    }`;
    expect(policy(stanza, '10.0.0.1', ':2025')).toMatchObject({
      authentication: true,
      digest: {
        uri: 'digest:///opt/msys/ecelerity/etc/console_passwd',
        realm: 'my choice of realm',
        logAuthentication: true,
        storedCleartext: true,
      },
    });
    expect(policy(stanza, undefined, '/tmp/2025')).toMatchObject({
      authentication: false,
      digest: undefined,
    });
    expect(policy('', '10.0.0.1')).toMatchObject({ authentication: false, authorization: false });
  });

  test('[CON-08] Peer in Listen, Listen, the Peer of the listener, the listener: the longest network wins', () => {
    const stanza = `Control_Listener {
      Enable_Authorization = true
      Always_Deny = true
      Peer 10.0.0.0/8 { Always_Deny = false }
      Peer 10.1.0.0/16 { Always_Allow = true }
      Listen "127.0.0.1:2025" {
        Peer 10.1.0.0/24 { Always_Deny = true Enable_Authorization = false }
        Peer 10.1.0.7 { Enable_Authorization = true }
      }
      Listen "[::1]:2025" { Peer fd00::/8 { Always_Deny = false } }
    }`;
    const at = (address: string, listener?: string) => policy(stanza, address, listener);
    expect(at('10.2.0.1')).toMatchObject({ alwaysDeny: false, alwaysAllow: false, authorization: true });
    expect(at('10.1.9.9')).toMatchObject({ alwaysDeny: true, alwaysAllow: true });
    expect(at('10.1.0.1')).toMatchObject({ alwaysDeny: true, alwaysAllow: true, authorization: false });
    expect(at('10.1.0.7')).toMatchObject({ alwaysDeny: true, authorization: true });
    expect(at('192.168.0.1')).toMatchObject({ alwaysDeny: true, alwaysAllow: false });
    expect(at('fd12::1', '[::1]:2025')).toMatchObject({ alwaysDeny: false });
  });

  test('[CON-08] only the local host: Always_Deny in Listen, taken back for one Peer; a Unix socket is loopback', () => {
    const stanza = `Control_Listener {
      Listen "/tmp/2025" { Always_Deny = true Peer "127.0.0.1" { Always_Deny = false } }
      Listen "127.0.0.1:2025" {
        # Only allow access from the localhost.
        Always_Deny = true

        Peer "127.0.0.1" {
          Always_Deny = false
        }
      }
    }`;
    const world = new AccessWorld(stanza);
    expect(world.tcp('127.0.0.1', '127.0.0.1:2025').say('version')).toBe('runs as 127.0.0.1:37164');
    expect(world.tcp('127.0.0.2', '127.0.0.1:2025').say('version')).toBe(
      'Authorization required for console session',
    );
    expect(world.unix().say('version')).toBe('runs as local');
  });

  test('[CON-08] deny wins over allow, and allow over a missing password', () => {
    const stanza = (options: string) =>
      `Control_Listener { Listen "*:2025" { Enable_Authentication = true ${options} } }`;
    const says = (options: string) => new AccessWorld(stanza(options)).tcp().say('version');
    expect(says('')).toBe('Authorization required for console session');
    expect(says('Always_Allow = true')).toBe('runs as 10.80.116.126:37164');
    expect(says('Always_Allow = true Always_Deny = true')).toBe('Authorization required for console session');
  });
});

describe('roles', () => {
  const john = `Authorization {
     Role "john" {
       allow = ("^config")
     }
     Role "admin" {
       allow = ( "^config" "^summary$" )
     }
     Role "root" {
       allow = ( ".*" )
     }
    }
    Control_Listener {
      AuthorizationParameters = [ uri = "groups:///opt/msys/ecelerity/etc/console_roles" ]
      AuthDigestMD5Parameters = [ uri = "digest:///passwd" stored_cleartext = true ]
      Listen "127.0.0.1:2025" {
        Enable_Authorization = "true"
      }
    }
    ec_logger "ec_logger1" { acctlog = /var/log/ecelerity/acctlog.ec }`;

  function signedIn(user: string, roles: string) {
    const world = new AccessWorld(john);
    world.files.set('/passwd', `${user}:Momentum Console:geheim`);
    world.files.set('/opt/msys/ecelerity/etc/console_roles', roles);
    const talker = world.tcp('127.0.0.1', '127.0.0.1:2025');
    expect(talker.signIn(user, 'geheim')).toBe('authorized');
    return { world, talker };
  }

  test('[CON-09] john may use config and is denied summary, in the documented words', () => {
    const { talker } = signedIn('john', 'root:root\nadmin:serv,ec\n');
    expect(talker.say('config show')).toBe('runs as john');
    expect(talker.say('summary')).toBe('Not Authorized for this command');
  });

  test('[CON-09] a role of the groups file opens what its rule allows, no rule means no', () => {
    const { talker } = signedIn('ec', 'root:root\nadmin:unusedpasswd:serv,ec\n');
    expect(talker.say('summary')).toBe('runs as ec');
    expect(talker.say('summary reset')).toBe('Not Authorized for this command');
    expect(signedIn('fred', 'users:fred').talker.say('version')).toBe('Not Authorized for this command');
    expect(signedIn('fred', 'root:fred').talker.say('shutdown')).toBe('runs as fred');
  });

  test('[CON-10] a denied command leaves the documented line', () => {
    const { world, talker } = signedIn('john', '');
    world.wallMs = 1_242_133_558_400;
    talker.say('summary');
    expect(world.accounts).toEqual(['1242133558@Z@127.0.0.1:2025@127.0.0.1:37164@john@0@summary']);
  });

  test('[CON-24] authz id and authz roles list answer in XML, asked for or not', () => {
    const tree = new CommandTree<{ generation: ReturnType<typeof generationOf> }>();
    for (const spec of AUTHZ_COMMANDS) tree.register(spec);
    const generation = generationOf(
      'Authorization { Role "users" { allow = ( ".*" ) } Role "admin" { allow = ( ".*" ) } }',
    );
    const source = { user: 'tom', via: 'tcp', session: 'tcp 1', roles: ['users'] } as const;
    const said = (line: string) => tree.dispatch(line, source, { generation }).text;
    expect(said('authz id')).toBe(
      '<AuthzInformation username="tom">\n  <Roles>\n    <Role name="users"/>\n  </Roles>\n</AuthzInformation>',
    );
    expect(said('authz roles list')).toBe(
      '<Roles>\n  <Role name="users"/>\n  <Role name="admin"/>\n</Roles>',
    );
    expect(said('xml authz id')).toBe(said('authz id'));
    expect(said('authz id').replaceAll(/\s*\n\s*/g, '')).toBe(
      '<AuthzInformation username="tom"><Roles><Role name="users"/></Roles></AuthzInformation>',
    );
    expect(tree.list().map((command) => command.class)).toEqual(['R', 'R', 'R']);
  });
});

describe('[CON-10] lines of the acctlog', () => {
  const unix = { listener: '/tmp/2025', peer: '' };
  const tcp = (port: number) => ({ listener: '*:2025', peer: `10.80.116.126:${port}` });

  test('N for an authentication: time, listener, peer, user, outcome', () => {
    expect(authenticationLine(1_160_503_808_000, unix, { user: 'ec-user', ok: true })).toBe(
      '1160503808@N@/tmp/2025@@ec-user@1',
    );
    expect(authenticationLine(1_160_172_232_000, tcp(37_164), { user: 'ec_user', ok: true })).toBe(
      '1160172232@N@*:2025@10.80.116.126:37164@ec_user@1',
    );
  });

  test('Z for a decision: time, listener, peer, user, outcome, command, role', () => {
    const line = (seconds: number, place: typeof unix, command: string, outcome: 1 | 0, role?: string) =>
      authorizationLine(seconds * 1_000, place, { user: 'ec-user', outcome, command, role });
    expect(line(1_160_503_811, unix, 'summary', 1, 'users')).toBe(
      '1160503811@Z@/tmp/2025@@ec-user@1@summary@users',
    );
    expect(line(1_160_504_707, unix, 'shutdown', 0)).toBe('1160504707@Z@/tmp/2025@@ec-user@0@shutdown');
    expect(line(1_160_172_223, tcp(37_162), 'summary', 1, 'users')).toBe(
      '1160172223@Z@*:2025@10.80.116.126:37162@ec-user@1@summary@users',
    );
    expect(line(1_160_172_219, tcp(37_162), 'shutdown', 0)).toBe(
      '1160172219@Z@*:2025@10.80.116.126:37162@ec-user@0@shutdown',
    );
  });

  test('a Unix socket leaves its line when it is opened, TCP where log_authentication says so', () => {
    const passwords = `tom:Momentum Console:${passwordHash('tom', 'Momentum Console', 'geheim')}`;
    const listener = (log: string) =>
      `Control_Listener { Listen "*:2025" { AuthDigestMD5Parameters = [ uri = digest:///passwd ${log} ] } }`;
    const silent = new AccessWorld(listener(''));
    silent.files.set('/passwd', passwords);
    silent.tcp().signIn('tom', 'geheim');
    expect(silent.accounts).toEqual([]);
    silent.unix();
    expect(silent.accounts).toEqual(['1160172232@N@/tmp/2025@@local@1']);
    const logged = new AccessWorld(listener('log_authentication = "true"'));
    logged.files.set('/passwd', passwords);
    logged.tcp().signIn('tom', 'wrong');
    logged.tcp().signIn('tom', 'geheim');
    expect(logged.accounts).toEqual([
      '1160172232@N@*:2025@10.80.116.126:37164@tom@0',
      '1160172232@N@*:2025@10.80.116.126:37164@tom@1',
    ]);
  });
});
