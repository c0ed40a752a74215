/**
 * How the mail of each node went in the last quarter of an hour: a look at the member rows each 5 s, in rings of a fixed
 * size. A look at what is not known, or at what a silent node said earlier, found nothing, never a 0.
 */

import type { Clock, Timer } from '../base/ports.ts';
import type { Observer } from '../cluster/observer-api.ts';
import { FRESHNESS } from '../wire/freshness.ts';
import {
  type MailFigures,
  TRAFFIC_NODES_MAX,
  TRAFFIC_SAMPLE_EVERY_MS,
  TRAFFIC_SAMPLES_MAX,
  type TrafficReply,
} from '../wire/objects.ts';
import { busJoined } from './bus-state.ts';

const FIGURES = [
  'receptionRate',
  'deliveryRate',
  'rejectionRate',
  'inbound',
  'outbound',
  'active',
  'delayed',
] as const;
type Figure = (typeof FIGURES)[number];

type Track = { readonly rings: Readonly<Record<Figure, Float64Array>>; lastLook: number };

export class TrafficHistory {
  readonly #observer: Observer;
  readonly #clock: Clock;
  readonly #tracks = new Map<string, Track>();
  /** Wall-clock moment of each look; look n stands at n % TRAFFIC_SAMPLES_MAX. */
  readonly #atMs = new Float64Array(TRAFFIC_SAMPLES_MAX);
  #looks = 0;
  #timer: Timer;

  constructor(parts: { readonly observer: Observer; readonly clock: Clock }) {
    this.#observer = parts.observer;
    this.#clock = parts.clock;
    this.#timer = this.#later();
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Samples after a moment, or all that there are; nodes by name. */
  since(afterMs = Number.NEGATIVE_INFINITY): TrafficReply {
    const looks: number[] = [];
    for (let look = Math.max(0, this.#looks - TRAFFIC_SAMPLES_MAX); look < this.#looks; look += 1) {
      if ((this.#atMs[look % TRAFFIC_SAMPLES_MAX] ?? 0) > afterMs) looks.push(look);
    }
    return {
      atMs: looks.map((look) => this.#atMs[look % TRAFFIC_SAMPLES_MAX] ?? 0),
      nodes: [...this.#tracks]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([node, track]) => {
          const series = (figure: Figure) =>
            looks.map((look) => (look > track.lastLook ? null : amount(track.rings[figure], look)));
          return {
            node,
            receptionRate: series('receptionRate'),
            deliveryRate: series('deliveryRate'),
            rejectionRate: series('rejectionRate'),
            inbound: series('inbound'),
            outbound: series('outbound'),
            active: series('active'),
            delayed: series('delayed'),
          };
        }),
    };
  }

  #later(): Timer {
    return this.#clock.at(this.#clock.nowMs() + TRAFFIC_SAMPLE_EVERY_MS, () => {
      this.#timer = this.#later();
      this.#look();
    });
  }

  #look(): void {
    this.#atMs[this.#looks % TRAFFIC_SAMPLES_MAX] = this.#clock.wallMs();
    const joined = busJoined(this.#observer);
    const agesMs = this.#observer.memberAgesMs();
    for (const { id, state, mail } of Object.values(this.#observer.model().members)) {
      if (mail === null) continue;
      const ageMs = agesMs[id] ?? Number.POSITIVE_INFINITY;
      const current = joined && state === 'present' && ageMs <= FRESHNESS.silentMemberMs;
      this.#note(id, current ? mail : undefined);
    }
    this.#looks += 1;
    for (const [node, { lastLook }] of this.#tracks) {
      if (this.#looks - lastLook > TRAFFIC_SAMPLES_MAX) this.#tracks.delete(node);
    }
  }

  #note(node: string, mail: MailFigures | undefined): void {
    const known = this.#tracks.get(node);
    if (known === undefined && (mail === undefined || this.#tracks.size >= TRAFFIC_NODES_MAX)) return;
    const track = known ?? { rings: emptyRings(), lastLook: this.#looks - 1 };
    this.#tracks.set(node, track);
    for (const figure of FIGURES) {
      const ring = track.rings[figure];
      // Looks between its last one and this one found nothing.
      for (let gap = track.lastLook + 1; gap < this.#looks; gap += 1) ring[gap % ring.length] = Number.NaN;
      ring[this.#looks % ring.length] = mail?.[figure] ?? Number.NaN;
    }
    track.lastLook = this.#looks;
  }
}

function emptyRings(): Track['rings'] {
  const ring = () => new Float64Array(TRAFFIC_SAMPLES_MAX).fill(Number.NaN);
  return {
    receptionRate: ring(),
    deliveryRate: ring(),
    rejectionRate: ring(),
    inbound: ring(),
    outbound: ring(),
    active: ring(),
    delayed: ring(),
  };
}

function amount(ring: Float64Array, look: number): number | null {
  const value = ring[look % ring.length];
  return value === undefined || Number.isNaN(value) ? null : value;
}
