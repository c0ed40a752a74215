/** `muster demo-sink` and `muster demo-traffic`: the two processes of a demo cluster that only its supervisor starts. */

import { parseArgs } from 'node:util';
import { FOREIGN_DOMAIN, SINK_DOMAINS } from './demo-plan.ts';
import type { MailTarget } from './mail-client.ts';
import { type DomainFate, MailSink } from './mail-sink.ts';
import { MailTraffic } from './mail-traffic.ts';

const PER_SECOND = 5;
const SESSIONS = 6;
const MESSAGES_PER_SESSION = 8;
const BODY_BYTES = 2_000;
/** A line in the log of the process. */
const REPORT_MS = 60_000;
const MAIL_STRING = { type: 'string', multiple: true } as const;

export type TrafficCaller = { readonly print: (line: string) => void; readonly stop: AbortSignal };

const FATES: ReadonlyMap<string, DomainFate> = new Map([
  [SINK_DOMAINS.defers, { defersEvery: 2 }],
  [SINK_DOMAINS.refuses, { refusesEvery: 4 }],
]);

/** Mostly to who takes it; some is deferred, some refused at its destination, some by the node itself. */
const SHARES = [
  ...SINK_DOMAINS.takes.map((domain) => ({ domain, share: 10 })),
  { domain: SINK_DOMAINS.defers, share: 4 },
  { domain: SINK_DOMAINS.refuses, share: 3 },
  { domain: FOREIGN_DOMAIN, share: 2 },
];

/** @throws Error with one line for people. */
function target(text: string): MailTarget {
  const [, address, port] = /^([\d.]+):(\d{1,5})$/.exec(text) ?? [];
  if (address === undefined) throw new Error(`${JSON.stringify(text)} is no ADDRESS:PORT.`);
  return { address, port: Number(port) };
}

/** Runs until it is stopped. @param args `--listen=ADDRESS:PORT` */
export async function runDemoSink(args: readonly string[], caller: TrafficCaller): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { listen: { type: 'string' } } });
  const sink = await MailSink.start({ ...target(values.listen ?? ''), fates: FATES });
  await reportUntilStopped(caller, () => sink.counters);
  await sink.stop();
}

/** Runs until it is stopped. @param args `--to=ADDRESS:PORT` and `--source=ADDRESS`, each once or more */
export async function runDemoTraffic(args: readonly string[], caller: TrafficCaller): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { to: MAIL_STRING, source: MAIL_STRING } });
  const { to = [], source = [] } = values;
  if (to.length === 0 || source.length === 0) throw new Error('demo-traffic needs --to and --source.');
  const startedMs = Date.now();
  const traffic = new MailTraffic({
    targets: to.map(target),
    sources: source,
    domains: SHARES,
    senderDomain: SINK_DOMAINS.sender,
    perSecond: PER_SECOND,
    inWaves: true,
    sessions: SESSIONS,
    messagesPerSession: MESSAGES_PER_SESSION,
    bodyBytes: BODY_BYTES,
    run: startedMs.toString(36),
    seed: startedMs,
  });
  traffic.start();
  await reportUntilStopped(caller, () => traffic.counters);
  await traffic.stop();
}

async function reportUntilStopped({ print, stop }: TrafficCaller, counters: () => object): Promise<void> {
  const report = (): void => print(`${new Date().toISOString()} ${JSON.stringify(counters())}`);
  const timer = setInterval(report, REPORT_MS);
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  clearInterval(timer);
  report();
}
