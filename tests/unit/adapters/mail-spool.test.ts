import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type MailSpool,
  NODE_DISK,
  type OpenedSpool,
  openSpool,
} from '../../../server/adapters/mail-spool.ts';
import type { Trace } from '../../../server/adapters/spool-format.ts';
import type { SpoolDisk } from '../../../server/adapters/spool-writer.ts';
import type { Envelope } from '../../../server/mail/api.ts';
import { numberedId, scriptedEnvelope } from '../../support/scripted-mail.ts';
import { until } from '../../support/until.ts';

let base: string;
let states: (string | undefined)[];
let opened: MailSpool[];
beforeEach(() => {
  base = join(mkdtempSync(join(tmpdir(), 'muster-spool-')), 'spool');
  states = [];
  opened = [];
});
afterEach(async () => {
  for (const spool of opened) await spool.close();
  rmSync(join(base, '..'), { recursive: true, force: true });
});

async function start(disk?: SpoolDisk): Promise<OpenedSpool> {
  const result = await openSpool({
    base,
    mode: 0o640,
    onState: (problem) => states.push(problem),
    probeMs: 20,
    ...(disk === undefined ? {} : { disk }),
  });
  opened.push(result.spool);
  return result;
}

async function stop(spool: MailSpool): Promise<void> {
  await spool.close();
  opened = opened.filter((one) => one !== spool);
}

const TRACE: Trace = { from: 'client ([192.0.2.1])', by: 'node-1', protocol: 'ESMTP', wallMs: 0 };
const BODY = 'Subject: one\r\n\r\nbody\r\n';

async function store(
  spool: MailSpool,
  envelopes: readonly Envelope[],
  body = BODY,
  trace: Trace | undefined = undefined,
): Promise<string | undefined> {
  const writer = spool.begin();
  await writer.write(Buffer.from(body));
  return spool.commit(writer, { trace, envelopes });
}

async function bodyOf(spool: MailSpool, id: string): Promise<string | undefined> {
  const body = spool.body(id);
  if (body === undefined) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of body.stream) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  expect(bytes.length).toBe(body.bytes);
  return bytes.toString();
}

function filesOf(ending: string): readonly string[] {
  return readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(base, name));
}

/** A disk that refuses one kind of call while a test wants it to. */
function troubled(trouble: { on: keyof SpoolDisk | 'sync' | undefined; code: string }): SpoolDisk {
  const refuse = (): never => {
    throw Object.assign(new Error(trouble.code), { code: trouble.code });
  };
  return {
    open: async (...args) => {
      if (trouble.on === 'open') refuse();
      const handle = await NODE_DISK.open(...args);
      const { datasync } = handle;
      handle.datasync = async () => {
        if (trouble.on === 'sync') refuse();
        await datasync.call(handle);
      };
      return handle;
    },
    rename: async (from, to) => (trouble.on === 'rename' ? refuse() : NODE_DISK.rename(from, to)),
    unlink: async (path) => (trouble.on === 'unlink' ? refuse() : NODE_DISK.unlink(path)),
  };
}

describe('what was accepted', () => {
  test('is there after the next start, with body, envelope and trace', async () => {
    const { spool } = await start();
    const envelope = scriptedEnvelope({ bytes: BODY.length });
    expect(await store(spool, [envelope], BODY, TRACE)).toBeUndefined();
    await stop(spool);
    const again = await start();
    expect(again.envelopes).toEqual([envelope]);
    expect(await bodyOf(again.spool, envelope.id)).toBe(
      `Received: from client ([192.0.2.1])\r\n\tby node-1 with ESMTP id ${envelope.id};\r\n\tThu, 01 Jan 1970 00:00:00 +0000\r\n${BODY}`,
    );
  });

  test('of several domains shares one file until the last of it is done', async () => {
    const { spool } = await start();
    const envelopes = [1, 2].map((n) =>
      scriptedEnvelope({ id: numberedId(n), domain: `d${n}.example`, bytes: BODY.length }),
    );
    await store(spool, envelopes);
    expect(filesOf('.msg')).toHaveLength(1);
    spool.remove(numberedId(1));
    await until(() => filesOf('.now').length === 1);
    await stop(spool);
    const again = await start();
    expect(again.envelopes).toEqual([envelopes[1]]);
    again.spool.remove(numberedId(2));
    await until(() => filesOf('.msg').length === 0 && filesOf('.now').length === 0);
    expect(again.spool.size).toBe(0);
  });

  test('keeps what changed of it', async () => {
    const { spool } = await start();
    const envelope = scriptedEnvelope({ bytes: BODY.length });
    await store(spool, [envelope]);
    const changed = { ...envelope, attempts: 3, binding: 'other', nextAttemptWallMs: 1_800_000_000_000 };
    spool.update({ ...changed, attempts: 2 });
    spool.update(changed);
    await stop(spool);
    expect((await start()).envelopes).toEqual([changed]);
  });

  test('of any size is read as it came, also one that is empty', async () => {
    const { spool } = await start();
    const large = 'x'.repeat(300_000);
    await store(spool, [scriptedEnvelope({ id: numberedId(1) })], large);
    await store(spool, [scriptedEnvelope({ id: numberedId(2) })], '');
    expect(await bodyOf(spool, numberedId(1))).toBe(large);
    expect(await bodyOf(spool, numberedId(2))).toBe('');
    expect(await bodyOf(spool, numberedId(3))).toBeUndefined();
  });

  test('together is synced together, and all of it is there', async () => {
    const { spool } = await start();
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const problems = await Promise.all(
      numbers.map((n) => store(spool, [scriptedEnvelope({ id: numberedId(n) })])),
    );
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
    const directories = new Set(filesOf('.msg').map((path) => path.slice(0, path.lastIndexOf('/'))));
    expect(directories.size).toBeLessThan(10);
    await stop(spool);
    expect((await start()).envelopes).toHaveLength(300);
  });
});

describe('what a crash leaves', () => {
  test('a message that nobody was told of is gone', async () => {
    const { spool } = await start();
    const writer = spool.begin();
    await writer.write(Buffer.alloc(200_000));
    expect(filesOf('.tmp')).toHaveLength(1);
    const copy = readFileSync(filesOf('.tmp')[0] ?? '');
    await spool.abandon(writer);
    expect(filesOf('.tmp')).toEqual([]);
    await stop(spool);
    writeFileSync(join(base, '07', 'left.tmp'), copy);
    const again = await start();
    expect([again.unfinished, again.envelopes, filesOf('.tmp')]).toEqual([1, [], []]);
  });

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9), 'its end is missing'],
    [
      'shorter in the middle',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 20), bytes.subarray(24)]),
      'its length',
    ],
    ['empty', () => Buffer.alloc(0), 'too short'],
    [
      'with another envelope',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('sender@', 'nobody@'), 'latin1'),
      'its envelope is damaged',
    ],
  ])('a file that is %s is set aside and told, the others go on', async (_, damage, reason) => {
    const { spool } = await start();
    await store(spool, [scriptedEnvelope({ id: numberedId(1) })]);
    const [path = ''] = filesOf('.msg');
    await store(spool, [scriptedEnvelope({ id: numberedId(2) })]);
    await stop(spool);
    writeFileSync(path, damage(readFileSync(path)));
    const again = await start();
    expect(again.envelopes.map(({ id }) => id)).toEqual([numberedId(2)]);
    expect(again.damaged).toHaveLength(1);
    expect(again.damaged[0]).toContain(reason);
    expect(existsSync(path)).toBe(false);
    expect(filesOf('.msg')).toHaveLength(2);
  });

  test('a damaged note beside a message costs the note, not the message', async () => {
    const { spool } = await start();
    const envelope = scriptedEnvelope({ bytes: BODY.length });
    await store(spool, [envelope]);
    spool.update({ ...envelope, attempts: 5 });
    await stop(spool);
    const [path = ''] = filesOf('.now');
    writeFileSync(path, readFileSync(path).subarray(0, 30));
    const again = await start();
    expect(again.envelopes).toEqual([envelope]);
    expect(again.damaged).toHaveLength(1);
  });
});

describe('one process', () => {
  test('has a spool alone', async () => {
    const { spool } = await start();
    await expect(start()).rejects.toMatchObject({ code: 'SPOOL_IN_USE' });
    await stop(spool);
    await start();
  });

  test('hears why a spool cannot be used', async () => {
    writeFileSync(join(base), 'a file in its place');
    await expect(start()).rejects.toMatchObject({ code: 'SPOOL_UNUSABLE' });
  });

  test('keeps others out of its files', async () => {
    const { spool } = await start();
    await store(spool, [scriptedEnvelope()]);
    expect(statSync(filesOf('.msg')[0] ?? '').mode & 0o007).toBe(0);
  });
});

describe('a disk that refuses', () => {
  test.each([
    ['open', 'ENOSPC', 'the disk is full'],
    ['open', 'EROFS', 'the file system is read-only'],
    ['sync', 'EIO', 'the disk reports an error'],
    ['rename', 'EDQUOT', 'the disk quota is used up'],
  ] as const)('%s with %s is said, leaves nothing behind and is over by itself', async (on, code, words) => {
    const trouble: Parameters<typeof troubled>[0] = { on: undefined, code };
    const { spool } = await start(troubled(trouble));
    await store(spool, [scriptedEnvelope({ id: numberedId(1) })]);
    trouble.on = on;
    expect(await store(spool, [scriptedEnvelope({ id: numberedId(2) })])).toContain(words);
    expect(spool.problem).toContain(words);
    trouble.on = undefined;
    await until(() => spool.problem === undefined);
    expect(states).toEqual([expect.stringContaining(words), undefined]);
    await stop(spool);
    expect((await start()).envelopes.map(({ id }) => id)).toEqual([numberedId(1)]);
  });

  test('does not lose what is to be kept of messages', async () => {
    const trouble: Parameters<typeof troubled>[0] = { on: undefined, code: 'ENOSPC' };
    const { spool } = await start(troubled(trouble));
    const envelope = scriptedEnvelope({ bytes: BODY.length });
    await store(spool, [envelope]);
    trouble.on = 'open';
    spool.update({ ...envelope, attempts: 7 });
    await until(() => spool.problem !== undefined);
    trouble.on = undefined;
    await until(() => spool.problem === undefined && filesOf('.now').length === 1);
    await stop(spool);
    expect((await start()).envelopes[0]?.attempts).toBe(7);
  });
});
