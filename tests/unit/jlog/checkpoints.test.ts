import { describe, expect, test } from 'vitest';
import { createLog, openLog } from '../../../server/jlog/log.ts';
import { checkpointName, subscriberOf } from '../../../server/jlog/names.ts';
import { given } from '../../support/given.ts';
import { damage, fill, LOG, newLog, readTexts } from '../../support/jlog-world.ts';

const LINES = Array.from({ length: 9 }, (_, index) => `line ${index}`);

/** Three messages in each of the segments 0 to 2, and 3 empty. */
function threeSegments() {
  const world = newLog(66);
  fill(world, LINES);
  return world;
}

describe('subscribers', () => {
  test('are added at the beginning or at the end, listed, and removed', () => {
    const { log } = threeSegments();
    expect(given(log.addSubscriber('late', 'end'))).toEqual({ segment: 3, marker: 0 });
    expect(given(log.addSubscriber('early', 'begin'))).toEqual({ segment: 0, marker: 0 });
    expect(given(log.subscribers()).map(({ name }) => name)).toEqual(['early', 'late', 'master']);
    expect(log.addSubscriber('late', 'begin')).toMatchObject({ error: { code: 'LOG_SUBSCRIBER_EXISTS' } });
    given(log.removeSubscriber('late'));
    expect(log.removeSubscriber('late')).toMatchObject({ error: { code: 'LOG_SUBSCRIBER_UNKNOWN' } });
    expect(log.checkpoint('late', { segment: 0, marker: 1 })).toMatchObject({
      error: { code: 'LOG_SUBSCRIBER_UNKNOWN' },
    });
  });

  test.each(['', 'x'.repeat(127)])('have names of 1 to 126 bytes, not %j', (name) => {
    const { log } = threeSegments();
    expect(log.addSubscriber(name, 'begin')).toMatchObject({ error: { code: 'LOG_SUBSCRIBER_INVALID' } });
  });

  test.each(['a', 'with space/../slash', 'Grüße', '\\xff\\x00', 'back\\slash', '\\x5cx41', '~tmp'])(
    'may be called %j',
    (name) => {
      expect(subscriberOf(given(checkpointName(name)))).toBe(name);
    },
  );

  test('an adding that was interrupted is completed by the next', () => {
    const world = threeSegments();
    world.disk.put(`${LOG}/cp.6162`, new Uint8Array());
    expect(given(world.log.subscribers())[0]).toEqual({ name: 'ab', position: undefined });
    given(world.log.addSubscriber('ab', 'begin'));
    expect(given(world.log.subscribers())[0]).toEqual({ name: 'ab', position: { segment: 0, marker: 0 } });
  });

  test('a full disk leaves no half a subscriber behind', () => {
    const world = threeSegments();
    world.disk.bytesFree = 3;
    expect(world.log.addSubscriber('new', 'begin')).toMatchObject({ error: { code: 'LOG_FULL' } });
    expect(given(world.log.subscribers())).toHaveLength(1);
  });
});

describe('checkpoints', () => {
  test('retire what was passed and nobody needs, never the current segment', () => {
    const { log, disk } = threeSegments();
    given(log.addSubscriber('slow', 'begin'));
    expect(given(log.checkpoint('master', { segment: 2, marker: 1 })).retired).toEqual([]);
    given(log.checkpoint('slow', { segment: 1, marker: 0 }));
    expect([...disk.files(LOG).keys()]).not.toContain('00000000');
    expect(given(log.checkpoint('slow', { segment: 3, marker: 0 })).retired).toEqual([1]);
    expect(given(log.checkpoint('master', { segment: 3, marker: 0 })).retired).toEqual([2]);
    expect([...disk.files(LOG).keys()]).toContain('00000003');
  });

  test('go back as well, and delete nothing then', () => {
    const { log } = threeSegments();
    given(log.addSubscriber('keeper', 'begin'));
    given(log.checkpoint('master', { segment: 2, marker: 2 }));
    expect(given(log.setCheckpoint('master', { segment: 0, marker: 1 })).retired).toEqual([]);
    expect(readTexts(log, { segment: 0, marker: 1 })).toEqual(LINES.slice(1));
  });

  test('behind the end are refused: they would skip what is still to be written', () => {
    const { log } = threeSegments();
    for (const position of [
      { segment: 3, marker: 1 },
      { segment: 9, marker: 0 },
    ]) {
      expect(log.checkpoint('master', position)).toMatchObject({ error: { code: 'LOG_SUBSCRIBER_INVALID' } });
      expect(log.setCheckpoint('new', position)).toMatchObject({ error: { code: 'LOG_SUBSCRIBER_INVALID' } });
    }
    expect(given(log.subscribers())).toHaveLength(1);
  });

  test.each(['cp.6162', 'cp.', 'cp.zz'])('one that cannot be read, %s, stops all deleting', (file) => {
    const world = threeSegments();
    world.disk.put(`${LOG}/${file}`, new Uint8Array(file === 'cp.6162' ? 7 : 0));
    expect(given(world.log.checkpoint('master', { segment: 2, marker: 0 })).retired).toEqual([]);
    expect(given(world.log.clean())).toEqual([]);
    expect(given(world.log.describe(0)).troubles.join()).toContain('nothing is retired');
  });

  test('clean deletes orphans, and nothing when nobody reads', () => {
    const { log } = threeSegments();
    given(log.addSubscriber('slow', 'begin'));
    given(log.checkpoint('master', { segment: 2, marker: 0 }));
    given(log.removeSubscriber('slow'));
    expect(given(log.clean())).toEqual([0, 1]);
    given(log.removeSubscriber('master'));
    expect(given(log.clean())).toEqual([]);
  });
});

describe('creating', () => {
  test('an existing log stays as it is', () => {
    const world = threeSegments();
    const before = world.disk.files(LOG);
    expect(createLog(world.store, LOG, { subscribers: ['other'] })).toMatchObject({
      error: { code: 'LOG_EXISTS' },
    });
    expect(world.disk.files(LOG)).toEqual(before);
  });

  test('on a full disk leaves nothing that looks like a log', () => {
    const world = newLog();
    world.disk.bytesFree = 3;
    expect(createLog(world.store, '/other', {})).toMatchObject({ error: { code: 'LOG_FULL' } });
    expect(openLog(world.store, '/other').ok).toBe(false);
  });

  test('foreign files are named and left alone', () => {
    const world = threeSegments();
    damage(world, 'notes.txt', () => Buffer.from('hello'));
    expect(given(world.log.describe(0)).troubles).toEqual(['1 foreign files, for example notes.txt']);
    expect(readTexts(world.log)).toEqual(LINES);
  });
});
