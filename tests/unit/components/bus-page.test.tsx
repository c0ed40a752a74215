// @vitest-environment happy-dom

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, render } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { BusPage } from '../../../components/bus/bus-page.tsx';
import { SESSION_KEY, SessionGate } from '../../../components/frame/session-gate.tsx';
import type { LinkEvents } from '../../../components/live/hub-link.ts';
import type { BusTold, TabMessage } from '../../../components/live/hub-protocol.ts';
import { LiveClient } from '../../../components/live/live-client.ts';
import { LiveStore } from '../../../components/live/live-store.ts';
import { LiveContext } from '../../../components/live/use-live.ts';
import { MARKS } from '../../../components/test-marks.ts';
import type { BusFigures } from '../../../server/wire/bus.ts';
import { busOf } from './bus-rows.ts';
import { sessionOf } from './component-world.tsx';

/** The page on a hub that says what the test says. */
class BusWorld {
  readonly said: TabMessage[] = [];
  readonly #store = new LiveStore(() => {});
  #events: LinkEvents | undefined;
  readonly #client = new LiveClient(this.#store, {
    onJob: () => {},
    onSession: () => {},
    onSignedOut: () => {},
    openLink: (_kind, _takeOver, events) => {
      this.#events = events;
      return { post: (message) => void this.said.push(message), close: () => {} };
    },
  });
  readonly stop = this.#client.start('token');
  readonly page;

  constructor() {
    const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 1e9 } } });
    queries.setQueryData(SESSION_KEY, sessionOf('viewer'));
    this.page = render(
      <QueryClientProvider client={queries}>
        <SessionGate waiting={() => null}>
          <LiveContext value={{ store: this.#store, socket: this.#client }}>
            <BusPage />
          </LiveContext>
        </SessionGate>
      </QueryClientProvider>,
    );
  }

  tell(told: BusTold): void {
    act(() => this.#events?.message({ type: 'bus', told }));
  }

  figures(figures: BusFigures): void {
    this.tell({ type: 'figures', figures, ageMs: 0 });
  }

  find(mark: string): HTMLElement | null {
    return this.page.container.querySelector(`[data-test="${mark}"]`);
  }
}

let world: BusWorld | undefined;

afterEach(() => {
  cleanup();
  world?.stop();
});

describe('[UI-12] the page of the bus', () => {
  test('it watches while it is open, and says that it waits', () => {
    world = new BusWorld();
    expect(world.said).toContainEqual({ type: 'watchBus' });
    expect(world.find(MARKS.bus.none)?.dataset['state']).toBe('waiting');
    world.page.unmount();
    expect(world.said).toContainEqual({ type: 'unwatchBus' });
  });

  test('refused, and nothing told, look different', () => {
    world = new BusWorld();
    world.tell({ type: 'refused', code: 'forbidden' });
    expect(world.find(MARKS.bus.none)?.textContent).toContain('Your role');
    world.figures(busOf([]));
    expect(world.find(MARKS.bus.none)?.textContent).toContain('no server has told');
  });

  test('a server that cannot be read does not take the others with it', () => {
    world = new BusWorld();
    const figures = busOf(['a', 'b']);
    const broken = { ...figures, servers: [...figures.servers, { node: 'c' }] };
    world.tell({ type: 'figures', figures: broken, ageMs: 0 });
    expect(world.find(MARKS.bus.partial)?.textContent).toContain('1 server');
    expect(world.find(MARKS.bus.verdictWord)?.textContent).toBe('Mesh complete: 2 servers, one view');
    expect(world.find(MARKS.bus.matrix)?.getAttribute('aria-rowcount')).toBe('3');
  });
});
