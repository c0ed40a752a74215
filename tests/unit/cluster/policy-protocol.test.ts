/** The policy delegation protocol of Postfix, next to the transcript of its manual. */

import { describe, expect, test } from 'vitest';
import {
  ATTRIBUTES_MAX,
  PolicyReader,
  policyAnswer,
  REQUEST_BYTES_MAX,
} from '../../../server/cluster/policy-protocol.ts';

/** As SMTPD_POLICY_README has it. */
const DOCUMENTED = [
  'request=smtpd_access_policy',
  'protocol_state=RCPT',
  'protocol_name=SMTP',
  'helo_name=some.domain.tld',
  'queue_id=8045F2AB23',
  'sender=foo@bar.tld',
  'recipient=bar@foo.tld',
  'recipient_count=0',
  'client_address=1.2.3.4',
  'client_name=another.domain.tld',
  'reverse_client_name=another.domain.tld',
  'instance=123.456.7',
  'sasl_method=plain',
  'sasl_username=you',
  'sasl_sender=',
  'size=12345',
  '',
  '',
].join('\n');

describe('policy protocol', () => {
  test('the documented request is read, and answered in the same style', () => {
    const read = new PolicyReader().read(Buffer.from(DOCUMENTED));
    expect(
      read.ok && read.requests.map((one) => [one.size, one.get('client_address'), one.get('sasl_sender')]),
    ).toEqual([[16, '1.2.3.4', '']]);
    expect(policyAnswer('DUNNO')).toBe('action=DUNNO\n\n');
    expect(policyAnswer('REJECT a\r\nb')).toBe('action=REJECT a b\n\n');
  });

  test('what Postfix 3.7 says of a message to two recipients is read', () => {
    const sent = [
      'request=smtpd_access_policy',
      'protocol_state=DATA',
      'protocol_name=ESMTP',
      'client_address=127.0.0.1',
      'client_name=localhost',
      'client_port=60344',
      'reverse_client_name=localhost',
      'server_address=127.0.0.1',
      'server_port=12525',
      'helo_name=client.test',
      'sender=a@x.test',
      'recipient=',
      'recipient_count=2',
      'queue_id=614302902BE',
      'instance=3550.6b026859.574a0.0',
      'size=0',
      'etrn_domain=',
      'stress=',
      'encryption_keysize=0',
      'policy_context=',
    ];
    const read = new PolicyReader().read(Buffer.from(`${sent.join('\n')}\n\n`));
    const [request] = read.ok ? read.requests : [];
    expect([...(request ?? [])].map(([name, value]) => `${name}=${value}`)).toEqual(sent);
  });

  test('requests come in any pieces, several at once and one after the other', () => {
    const reader = new PolicyReader();
    let requests = 0;
    for (const byte of Buffer.from(DOCUMENTED + DOCUMENTED)) {
      const read = reader.read(Buffer.from([byte]));
      requests += read.ok ? read.requests.length : Number.NaN;
    }
    expect(requests).toBe(2);
    const both = reader.read(Buffer.from(DOCUMENTED + DOCUMENTED));
    expect(both.ok && both.requests.length).toBe(2);
  });

  test('an address beyond ASCII is text', () => {
    const read = new PolicyReader().read(Buffer.from('request=smtpd_access_policy\nsender=jörg@x.test\n\n'));
    expect(read.ok && read.requests[0]?.get('sender')).toBe('jörg@x.test');
  });

  test.each([
    ['another request', 'request=junk\n\n'],
    ['no request', 'sender=x\n\n'],
    ['nothing', '\n'],
    ['no pair', 'GET / HTTP/1.1\r\n'],
    ['a line without an end', 'x'.repeat(REQUEST_BYTES_MAX + 1)],
    ['too many attributes', Array.from({ length: ATTRIBUTES_MAX + 1 }, (_, n) => `a${n}=\n`).join('')],
    ['a long request', `${'a=b\n'.repeat(REQUEST_BYTES_MAX)}`],
    ['a flood', DOCUMENTED.repeat(100)],
  ])('%s ends the connection', (_, text) => {
    const reader = new PolicyReader();
    expect(reader.read(Buffer.from(text)).ok).toBe(false);
    expect(reader.read(Buffer.from(DOCUMENTED)).ok).toBe(false);
  });
});
