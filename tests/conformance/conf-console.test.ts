/** The reading `config` commands in the texts of the manuals (momentum.md 7.5, 12.6). */

import { describe, expect, test } from 'vitest';
import type { Generation } from '../../server/conf/generation.ts';
import { answerConfigQuery } from '../../server/conf/queries.ts';
import { load } from '../support/conf-samples.ts';

function generationOf(...texts: readonly string[]): Generation {
  const { generation, diagnostics } = load(texts.join('\n'));
  if (generation === undefined) throw new Error(JSON.stringify(diagnostics));
  return generation;
}

function ask(generation: Generation, command: string): string {
  return answerConfigQuery(generation, command.split(' '))?.text ?? '(not a query)';
}

describe('console queries', () => {
  const SAMPLE = generationOf(`
    Message_Expiration = 86400

    Domain earthlink.net {
      Message_Expiration = 900
    }

    Binding smtp-01 {
      EHLO_Hostname = "smtp-01.com"
      Domain relay.com {
        EHLO_Hostname = "relay.com"
      }
    }
  `);

  const GET_AND_EVAL = [
    ['get message_expiration', 'Message_Expiration = 86400'],
    ['get domain earthlink.net message_expiration', '        Message_Expiration = 900'],
    ['get binding smtp-01 ehlo_hostname', '        EHLO_Hostname = "smtp-01.com"'],
    ['get binding smtp-01 domain relay.com ehlo_hostname', '        EHLO_Hostname = "relay.com"'],
    ['eval binding smtp-01 domain other.com ehlo_hostname', '        EHLO_Hostname = "smtp-01.com"'],
    ['eval domain nosuch.com message_expiration', '        Message_Expiration = 86400'],
  ] as const;
  test.each(GET_AND_EVAL)('[CON-16] config %s', (command, text) => {
    expect(ask(SAMPLE, command)).toBe(text);
  });

  test('[CON-22] get names an option that is not set, eval falls back to its default', () => {
    expect(ask(SAMPLE, 'get blackhole')).toBe("Option 'Blackhole' is not set in scope ''.");
    expect(ask(SAMPLE, 'eval blackhole')).toBe('Blackhole = 0');
  });

  const ESMTP = [
    'Esmtp_Listener {',
    '  Listen ":25" {',
    '  }',
    '  Listen ":587" {',
    '    Enable = false',
    '    SMTP_Extensions = (',
    '      "ENHANCEDSTATUSCODES"',
    '      "STARTTLS"',
    '      "AUTH LOGIN"',
    '    )',
    '    TLS_Key = "cert.key"',
    '    TLS_Certificate = "cert.pem"',
    '    TLS_Client_CA = "ca-bundle.crt"',
    '    TLS_Ciphers = "DEFAULT"',
    '  }',
    '  Idle_Time = 300',
    '  SMTP_Extensions = (',
    '    "ENHANCEDSTATUSCODES"',
    '  )',
    '}',
  ].join('\n');

  test('[CON-17] config showrecurse reproduces a scope', () => {
    expect(ask(generationOf(ESMTP), 'showrecurse ESMTP_Listener')).toBe(ESMTP);
  });

  test('[CON-21] config show folds the scopes inside', () => {
    expect(ask(generationOf(ESMTP), 'show ESMTP_Listener')).toBe(
      [
        'Listen ":25" { ... }',
        'Listen ":587" { ... }',
        'Idle_Time = 300',
        'SMTP_Extensions = (',
        '  "ENHANCEDSTATUSCODES"',
        ')',
      ].join('\n'),
    );
  });

  test('[CON-21] config show Logs prints the options of the manager', () => {
    const text = [
      'dir_mode = "0755"',
      'logfile = "/var/log/eccluster/%Y/%m/%d/%{l}/%{s}/%{n}"',
      'file_mode = "0640"',
    ].join('\n');
    expect(ask(generationOf(`Logs {\n${text}\n}`), 'show Logs')).toBe(text);
  });

  const LOCATED = generationOf(`
    Esmtp_Listener { Listen ":25" {} Listen ":587" {} }
    Control_Listener { Listen "127.0.0.1:2025" {} Listen "/tmp/2025" {} }
    auth_ds { Scheme "ecauth" { QueryGroups { a = b } } }
  `);

  test('[CON-18] config locate lists where scopes of a name stand', () => {
    expect(ask(LOCATED, 'locate listen')).toBe(
      [
        'Listen ":25"',
        '  is at Esmtp_Listener::Listen:\\:25:',
        'Listen ":587"',
        '  is at Esmtp_Listener::Listen:\\:587:',
        'Listen "127.0.0.1:2025"',
        '  is at Control_Listener::Listen:127.0.0.1\\:2025:',
        'Listen "/tmp/2025"',
        '  is at Control_Listener::Listen:/tmp/2025:',
      ].join('\n'),
    );
  });

  test('[CON-18] config locate takes a pattern for the name of the instance', () => {
    expect(ask(LOCATED, 'locate QueryGroups')).toBe(
      'QueryGroups\n  is at auth_ds::Scheme:ecauth:QueryGroups::',
    );
    expect(ask(LOCATED, 'locate Scheme ec.+')).toBe('Scheme "ecauth"\n  is at auth_ds::Scheme:ecauth:');
  });
});
