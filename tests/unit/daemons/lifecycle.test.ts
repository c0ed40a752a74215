import { describe, expect, test } from 'vitest';
import { Lifecycle, runUntilStopped, STOP_STEP_MS } from '../../../server/daemons/lifecycle.ts';
import { runDaemon } from '../../../server/daemons/run-daemon.ts';

function records() {
  const told: string[] = [];
  const tell = (event: string): void => void told.push(event);
  return { told, logger: { debug: tell, info: tell, warn: tell, error: tell } };
}

describe('the life of a daemon', () => {
  test('what was opened is closed in reverse order, and one failure does not stop the others', async () => {
    const { told, logger } = records();
    const closed: string[] = [];
    await runUntilStopped(logger, async (lifecycle) => {
      lifecycle.add('first', () => void closed.push('first'));
      lifecycle.add('second', () => Promise.reject(new Error('no')));
      lifecycle.add('third', () => void closed.push('third'));
      lifecycle.requestStop('done');
    });
    expect(closed).toEqual(['third', 'first']);
    expect(told).toEqual(['stopping', 'stop.step', 'stopped']);
  });

  test('a start that fails closes what it had opened and tells why', async () => {
    const { logger } = records();
    const closed: string[] = [];
    const failing = runUntilStopped(logger, async (lifecycle) => {
      lifecycle.add('first', () => void closed.push('first'));
      throw new Error('no port');
    });
    await expect(failing).rejects.toThrow('no port');
    expect(closed).toEqual(['first']);
  });

  test('only the first reason to stop counts', async () => {
    const lifecycle = new Lifecycle(records().logger);
    lifecycle.requestStop('first');
    lifecycle.requestStop('second');
    expect(await lifecycle.stopping).toBe('first');
  });

  test('a step that never ends is left behind after its limit', async () => {
    const { told, logger } = records();
    const lifecycle = new Lifecycle(logger);
    lifecycle.add('stuck', () => new Promise(() => undefined));
    const startedMs = performance.now();
    await lifecycle.close();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(STOP_STEP_MS - 50);
    expect(told).toEqual(['stop.step']);
  });

  test('a step with a limit of its own is waited for so long', async () => {
    const { told, logger } = records();
    const lifecycle = new Lifecycle(logger);
    lifecycle.add('stuck', () => new Promise(() => undefined), 20);
    const startedMs = performance.now();
    await lifecycle.close();
    expect(performance.now() - startedMs).toBeLessThan(STOP_STEP_MS);
    expect(told).toEqual(['stop.step']);
  });
});

describe('flags', () => {
  const run = async (args: readonly string[]) => {
    const printed: string[] = [];
    const complained: string[] = [];
    const code = await runDaemon(
      {
        name: 'eccmgr',
        banner: 'eccmgr',
        configurationFile: 'eccluster.conf',
        start: () => Promise.resolve(),
      },
      {
        args,
        env: { EC_NODE_NAME: 'two words' },
        pid: 1,
        print: (line) => void printed.push(line),
        complain: (line) => void complained.push(line),
      },
    );
    return { code, printed: printed.join('\n'), complained: complained.join('\n') };
  };

  test('`-h` names the flags, `-V` prints the banner', async () => {
    expect(await run(['-h'])).toMatchObject({ code: 0, printed: expect.stringContaining('-c FILE') });
    expect(await run(['-V'])).toMatchObject({
      code: 0,
      printed: expect.stringContaining('# eccmgr version'),
    });
  });

  test('an unknown flag and a node name that is none are one line each', async () => {
    const unknown = await run(['-q']);
    expect(unknown.code).toBe(1);
    expect(unknown.complained.split('\n')[0]).toMatch(/^eccmgr: .*-q/);
    const name = await run(['-vv', '-D', '-g', 'x', '-c', 'y']);
    expect(name).toMatchObject({
      code: 1,
      complained: expect.stringMatching(/^eccmgr: EC_NODE_NAME: .*blank/),
    });
  });
});
