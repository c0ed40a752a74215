import { describe, expect, test } from 'vitest';
import {
  answerChallenge,
  DIGEST_RESPONSE_BYTES_MAX,
  digestValue,
  encodeChallenge,
  equalInConstantTime,
  passwordHash,
  readResponse,
} from '../../../server/console/digest-md5.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('the value of a response is that of the sample in RFC 2831', () => {
  const hash = passwordHash('chris', 'elwood.innosoft.com', 'secret');
  const exchange = {
    nonce: 'OA6MG9tEQGm2hh',
    cnonce: 'OA6MHXh6VqTrRk',
    digestUri: 'imap/elwood.innosoft.com',
  };
  expect(digestValue(exchange, hash)).toBe('d388dad90d4bbd760a152321f2143af7');
});

test('a challenge names realm, nonce, qop and charset, quoted where they need it', () => {
  const text = Buffer.from(encodeChallenge({ realm: 'My "realm"', nonce: 'abc' }), 'base64').toString();
  expect(text).toBe('realm="My \\"realm\\"",nonce="abc",qop="auth",charset=utf-8,algorithm=md5-sess');
});

describe('a response', () => {
  const good = {
    charset: 'utf-8',
    username: '"tom"',
    realm: '"Momentum Console"',
    nonce: '"n"',
    nc: '"00000001"',
    cnonce: '"c"',
    'digest-uri': '"ec_console/127.0.0.1:2025"',
    response: '0123456789ABCDEF0123456789abcdef',
    qop: 'auth',
  };
  const text = (change: Readonly<Record<string, string | undefined>> = {}): string =>
    Object.entries({ ...good, ...change })
      .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
      .join(',');

  test('is read with nc quoted or bare, blanks, and escapes in quotes', () => {
    const read = {
      ok: true,
      value: {
        username: 'tom',
        realm: 'Momentum Console',
        nonce: 'n',
        cnonce: 'c',
        digestUri: 'ec_console/127.0.0.1:2025',
        response: '0123456789abcdef0123456789abcdef',
      },
    };
    expect(readResponse(base64(text()))).toEqual(read);
    expect(readResponse(base64(text({ nc: '00000001' }).replaceAll(',', ' ,  ')))).toEqual(read);
    expect(readResponse(base64(text({ qop: undefined, charset: undefined })))).toEqual(read);
    expect(readResponse(base64(text({ username: '"t\\"o\\\\m,x=1"' })))).toMatchObject({
      value: { username: 't"o\\m,x=1' },
    });
  });

  test.each([
    ['no user', { username: undefined }, 'username, nonce, cnonce and digest-uri are needed'],
    ['a second use of the nonce', { nc: '00000002' }, 'nc must be 00000001'],
    ['another protection', { qop: 'auth-conf' }, 'qop must be auth'],
    ['another identity', { authzid: '"root"' }, 'an authzid is not supported'],
    ['another service', { 'digest-uri': '"imap/x"' }, 'digest-uri must begin with ec_console/'],
    ['a short value', { response: 'abc' }, 'response must have 32 hexadecimal digits'],
    ['a name twice', { qop: 'auth,qop=auth' }, 'a name comes twice'],
    ['an open quote', { cnonce: '"c' }, 'it is not a list of name=value'],
  ])('with %s is refused', (_what, change, error) => {
    expect(readResponse(base64(text(change)))).toEqual({ ok: false, error });
  });

  test('that is no base64, or longer than the bound, is refused', () => {
    expect(readResponse('not base64!')).toEqual({ ok: false, error: 'it is not base64' });
    expect(readResponse('')).toEqual({ ok: false, error: 'it is not base64' });
    const filler = (bytes: number): string => base64(text({ cnonce: `"${'c'.repeat(bytes)}"` }));
    const head = text({ cnonce: '""' }).length;
    expect(readResponse(filler(DIGEST_RESPONSE_BYTES_MAX - head)).ok).toBe(true);
    expect(readResponse(filler(DIGEST_RESPONSE_BYTES_MAX - head + 3))).toEqual({
      ok: false,
      error: 'it has more than 4095 bytes',
    });
  });
});

test('a client answers a challenge so that the server can check it, whatever stands in the names', () => {
  const credentials = { user: 't"o\\m', password: 'geheim', address: 'host:2025', cnonce: 'c' };
  const challenge = encodeChallenge({ realm: 'r', nonce: 'n' });
  const answer = answerChallenge(challenge, credentials);
  const response = answer.ok ? readResponse(answer.value) : answer;
  if (!response.ok) throw new Error(response.error);
  expect(response.value).toMatchObject({ username: 't"o\\m', digestUri: 'ec_console/host:2025' });
  expect(response.value.response).toBe(
    digestValue(response.value, passwordHash(credentials.user, 'r', 'geheim')),
  );
});

test.each([
  ['realm="r",qop="auth"', 'the challenge has no nonce'],
  ['nonce="n",qop="auth-int,auth-conf"', 'the challenge does not offer qop auth'],
  ['x'.repeat(4_000), 'it has more than 2047 bytes'],
])('a client refuses the challenge %.20s', (challenge, error) => {
  const credentials = { user: 'tom', password: 'x', address: 'host:2025', cnonce: 'c' };
  expect(answerChallenge(base64(challenge), credentials)).toEqual({ ok: false, error });
});

test('texts are equal only as a whole', () => {
  expect(equalInConstantTime('abc', 'abc')).toBe(true);
  expect(equalInConstantTime('abc', 'abd')).toBe(false);
  expect(equalInConstantTime('abc', 'ab')).toBe(false);
  expect(equalInConstantTime('', 'a')).toBe(false);
});
