/** Lines of mail logs next to the samples of the manual. */

import { describe, expect, test } from 'vitest';
import {
  bounceClass,
  bounceLine,
  deliveryLine,
  failureLine,
  MAIL_FIELDS,
  receptionLine,
  rejectionLine,
} from '../../../server/mail/mail-lines.ts';
import { ip } from '../../support/mail-world.ts';

const SUBJECT = {
  atWallMs: 1_064_868_656_000,
  message: '00/00-25004-31B987F3',
  batch: '00/00-03736-F4101B54',
  connection: '00/00-04532-A3456B54',
  recipient: 'bob@example.fict',
  from: 'info@postalengine.com',
  bytes: 201,
  group: 'default',
  binding: 'default',
  ip: ip('10.0.1.1'),
};

describe('samples of the manual', () => {
  test('a reception', () => {
    expect(receptionLine(SUBJECT, 'esmtp')).toBe(
      '1064868656@00/00-25004-31B987F3@00/00-03736-F4101B54@00/00-04532-A3456B54@R' +
        '@bob@example.fict@info@postalengine.com@10.0.1.1@201@esmtp@default@default',
    );
  });

  test('a delivery, and a move to another node', () => {
    const of = {
      ...SUBJECT,
      atWallMs: 1_064_871_280_000,
      message: '20/00-25593-945A87F3',
      recipient: 'info@postalengine.com',
      bytes: 266,
      group: 'group-a',
      binding: 'binding-a',
      ip: ip('10.0.0.1'),
      retries: 0,
      receivedWallMs: 1_064_871_279_607,
    };
    const sample =
      '1064871280@20/00-25593-945A87F3@00/00-03736-F4101B54@00/00-04532-A3456B54@D@' +
      'postalengine.com@266@group-a@binding-a@0@0.393@10.0.0.1';
    expect(deliveryLine(of, 'D')).toBe(sample);
    expect(deliveryLine(of, 'X')).toBe(sample.replace('@D@', '@X@'));
  });

  test('a transient failure', () => {
    const of = {
      ...SUBJECT,
      atWallMs: 1_064_869_327_000,
      message: '00/00-25593-CBD987F3',
      group: 'group-a',
      binding: 'binding-a',
      ip: ip('10.0.0.1'),
      retries: 0,
      receivedWallMs: 1_064_869_308_470,
      stage: 15,
      text: '421 no adequate servers',
    };
    expect(failureLine(of, 'T')).toBe(
      '1064869327@00/00-25593-CBD987F3@00/00-03736-F4101B54@00/00-04532-A3456B54@T@' +
        'example.fict@0@group-a@binding-a@15@0@18.53@10.0.0.1@421 no adequate servers',
    );
  });

  test('a bounce, with its stage and class', () => {
    const of = {
      ...SUBJECT,
      message: '91/6D-07914-E67BC044',
      recipient: 'johndoe@example.fict',
      group: 'group-a',
      binding: 'binding-a',
      bytes: 1_223,
      ip: ip('10.0.0.1'),
      retries: 0,
      receivedWallMs: SUBJECT.atWallMs,
      stage: 21,
      text: '554 5.4.7 [internal] exceeded max time without delivery',
    };
    expect(bounceLine(of)).toBe(
      '1064868656@91/6D-07914-E67BC044@00/00-03736-F4101B54@00/00-04532-A3456B54@B@' +
        'johndoe@example.fict@info@postalengine.com@group-a@binding-a@21@24@1223@10.0.0.1@554 ' +
        '5.4.7 [internal] exceeded max time without delivery',
    );
  });

  test('a rejection; the module that refused is ours', () => {
    expect(
      rejectionLine({
        atWallMs: 1_236_672_125_000,
        remote: '10.79.25.142:42601',
        local: '10.79.25.142:25',
        connection: '18/00-07149-D7E16B94',
        phase: 'awaiting mailfrom',
        code: 550,
        helo: 'rh52-node1',
        from: '',
        text: 'relaying denied',
      }),
    ).toBe(
      '1236672125: R="10.79.25.142:42601" L="10.79.25.142:25" C="18/00-07149-D7E16B94" PATH="default" ' +
        'PATH_GRP="default" P="awaiting mailfrom" E=550 M=mail ' +
        'CTXCONN=[pathway=default,ehlo_string="EHLO rh52-node1",ehlo_domain=rh52-node1] ' +
        'CTXMESS=[mailfrom_domain=,mailfrom_string="MAIL FROM:<>",mailfrom_localpart=] relaying denied',
    );
  });
});

test('hostile text stays one line, and adds no field', () => {
  const of = {
    ...SUBJECT,
    recipient: '"a@b"@x.test',
    from: '"\u001b[2J@"@y.test',
    retries: 0,
    receivedWallMs: 0,
    stage: 9,
    text: '550 a@b\r\n1064868656@forged',
  };
  for (const [line, kind] of [
    [receptionLine(of, 'esmtp'), 'R'],
    [bounceLine(of), 'B'],
    [failureLine(of, 'P'), 'P'],
  ] as const) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    const fields = line.split('@');
    const text = kind === 'R' ? [] : fields.slice(MAIL_FIELDS[kind].length - 1);
    expect(fields.length - Math.max(0, text.length - 1)).toBe(MAIL_FIELDS[kind].length);
  }
  expect(receptionLine(of, 'esmtp').split('@')[5]).toBe('"a%40b"');
});

test.each([
  ['550 5.1.1 no such user', 10],
  ['554 5.1.2 no such domain', 21],
  ['552 5.2.2 full', 22],
  ['552 5.3.4 too big', 23],
  ['554 5.4.7 [internal] exceeded max time without delivery', 24],
  ['554 Message manually purged.', 25],
  ['550 5.7.1 relaying denied', 54],
  ['550 5.7.1 blocked', 50],
  ['550 go away', 40],
  ['what?', 1],
])('%j is of class %d', (text, code) => {
  expect(bounceClass(text)).toBe(code);
});
