import { expect, test } from 'vitest';
import { MailDns, type MailQuestions } from '../../../server/adapters/mail-dns.ts';

type Zone = Readonly<Record<string, unknown>>;

/** Answers `MX name`, `A name`, `AAAA name`; an error code as text where there is none. */
function zone(records: Zone): MailQuestions {
  const answer = async (question: string): Promise<never> => {
    const found = records[question] ?? 'ENODATA';
    if (typeof found === 'string') throw Object.assign(new Error(found), { code: found });
    return found as never;
  };
  const questions = {
    resolveMx: (name: string) => answer(`MX ${name}`),
    resolve4: (name: string) => answer(`A ${name}`),
    resolve6: (name: string) => answer(`AAAA ${name}`),
  };
  return questions as MailQuestions;
}

const mx = (priority: number, exchange: string): { priority: number; exchange: string } => ({
  priority,
  exchange,
});

test('hosts come in the order of their preference, with all addresses', async () => {
  const dns = new MailDns(
    zone({
      'MX a.example': [mx(20, 'backup.example'), mx(10, 'one.example'), mx(10, 'two.example')],
      'A one.example': ['192.0.2.1'],
      'AAAA one.example': ['2001:db8::1'],
      'A two.example': ['192.0.2.2'],
      'A backup.example': ['192.0.2.3'],
    }),
    (hosts) => [...hosts].reverse(),
  );
  expect(await dns.resolve('a.example')).toEqual({
    ok: true,
    hosts: [
      { host: 'two.example', addresses: ['192.0.2.2'] },
      { host: 'one.example', addresses: ['192.0.2.1', '2001:db8::1'] },
      { host: 'backup.example', addresses: ['192.0.2.3'] },
    ],
  });
});

test('a domain without MX is its own host', async () => {
  const dns = new MailDns(zone({ 'A a.example': ['192.0.2.1'] }));
  expect(await dns.resolve('a.example')).toEqual({
    ok: true,
    hosts: [{ host: 'a.example', addresses: ['192.0.2.1'] }],
  });
});

test.each([
  ['does not exist', { 'MX a.example': 'ENOTFOUND' }, true],
  ['takes no mail (null MX)', { 'MX a.example': [mx(0, '')] }, true],
  ['has an address', { 'MX a.example': [mx(0, 'b.example')] }, true],
  ['has an address', { 'MX a.example': [mx(0, 'b.example')], 'A b.example': 'ETIMEOUT' }, false],
  ['ESERVFAIL', { 'MX a.example': 'ESERVFAIL' }, false],
  ['ETIMEOUT', { 'MX a.example': 'ETIMEOUT' }, false],
] as const)('says that it %s; gone for good or not', async (words, records, gone) => {
  const answer = await new MailDns(zone(records)).resolve('a.example');
  expect(answer).toMatchObject({ ok: false, gone, text: expect.stringContaining(words) });
});

test('an address literal is asked nowhere', async () => {
  const dns = new MailDns(zone({}));
  expect(await dns.resolve('[192.0.2.7]')).toMatchObject({ ok: true, hosts: [{ addresses: ['192.0.2.7'] }] });
  expect(await dns.resolve('[IPv6:2001:db8::7]')).toMatchObject({ hosts: [{ addresses: ['2001:db8::7'] }] });
  expect(await dns.resolve('[nonsense]')).toMatchObject({ ok: false, gone: true });
  expect(await dns.addressesOf('192.0.2.9')).toEqual(['192.0.2.9']);
  expect(await dns.addressesOf('nowhere.example')).toEqual([]);
});

test('no more than so many questions are under way, and all are answered', async () => {
  let running = 0;
  let most = 0;
  const questions = {
    resolveMx: async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
    },
    resolve4: async () => [],
    resolve6: async () => [],
  } as unknown as MailQuestions;
  const dns = new MailDns(questions);
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => dns.resolve(`d${n}.example`)));
  expect(answers.filter(({ ok }) => !ok)).toHaveLength(500);
  expect(most).toBeLessThanOrEqual(64);
});

test('a domain with hundreds of hosts costs a few questions', async () => {
  let asked = 0;
  const questions = {
    resolveMx: async () => Array.from({ length: 500 }, (_, n) => mx(n, `h${n}.example`)),
    resolve4: async () => {
      asked += 1;
      return Array.from({ length: 500 }, (_, n) => `192.0.2.${n % 250}`);
    },
    resolve6: async () => [],
  } as unknown as MailQuestions;
  const answer = await new MailDns(questions).resolve('a.example');
  expect(asked).toBeLessThanOrEqual(8);
  expect(answer.ok && answer.hosts.every(({ addresses }) => addresses.length <= 8)).toBe(true);
});
