/** One client process as the test sees it: its trace so far, and what it knows now. */

import type { NodeName } from '../../server/model/names.ts';
import type { BusEvent, GroupView } from '../../server/msgc/client-api.ts';
import type { ClientTrace } from '../sim/bus/history.ts';
import { NetProcess } from '../support/net-process.ts';
import type { ServerName } from './bus-world.ts';
import { type ClientArguments, type ClientOrder, parseRecord, RESTS } from './records.ts';

export class ClientRun {
  readonly args: ClientArguments;
  readonly host: ServerName;
  readonly trace: ClientTrace;
  readonly #process: NetProcess;
  readonly #groups = new Map<string, readonly string[]>();
  readonly #heard = new Set<string>();
  #rests = true;
  /** Groups in which it wants to be. */
  readonly #wanted = new Set<string>();
  /** Joins and leaves that no view has answered yet. */
  #moving = 0;
  #name: string | undefined;
  #sent: number;

  constructor(args: ClientArguments, host: ServerName, namespace: string | undefined) {
    this.args = args;
    this.host = host;
    this.#sent = args.sentBefore;
    this.trace = {
      name: `${args.session}@${host}`,
      host: host as string as NodeName,
      records: [],
      killed: false,
    };
    this.#process = new NetProcess({
      script: 'tests/netns/bus-client.ts',
      args: [JSON.stringify(args)],
      namespace,
      onLine: (line) => this.#record(line),
    });
  }

  /** Its private name; undefined while it is not connected. */
  get name(): string | undefined {
    return this.#name;
  }

  /** The highest number that it used. */
  get sent(): number {
    return this.#sent;
  }

  /** It does nothing that it was not told to, and is in the groups in which it wants to be. */
  get rests(): boolean {
    return this.#rests && this.#moving === 0;
  }

  tell(order: ClientOrder): void {
    if (order.do !== 'publish') this.#rests = false;
    this.#process.tell(order);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    this.trace.killed = true;
    await this.#process.end('SIGKILL');
  }

  /** A place in the trace. */
  mark(): number {
    return this.trace.records.length;
  }

  /** What it published since then. */
  published(mark = 0): readonly string[] {
    return this.trace.records
      .slice(mark)
      .flatMap((record) =>
        record.type === 'request' && record.request.type === 'publish'
          ? [record.request.payload.toString()]
          : [],
      );
  }

  /** Which of these it has not heard yet. */
  missing(texts: readonly string[]): readonly string[] {
    return texts.filter((text) => !this.#heard.has(text));
  }

  /** Connections that came and went since a place in the trace, and requests that were refused. */
  connectionsSince(mark = 0): readonly string[] {
    return this.trace.records.slice(mark).flatMap((record) => {
      if (record.type === 'request') return [];
      const { event } = record;
      const told =
        event.type === 'busLost' || event.type === 'busConnected' || event.type === 'requestRefused';
      const reason = 'reason' in event ? event.reason : '';
      return told ? [`${this.trace.name} ${event.type} ${reason}`] : [];
    });
  }

  /** Its last view of the group has exactly these members. */
  sees(group: string, names: readonly (string | undefined)[]): boolean {
    const members = this.#groups.get(group) ?? [];
    return (
      this.#name !== undefined &&
      members.length === names.length &&
      names.every((name) => name !== undefined && members.includes(name))
    );
  }

  describe(): string {
    const groups = [...this.#groups].map(([group, members]) => `${group} [${members.join()}]`).join(' ');
    const errors = this.#process.isRunning ? '' : `\n${this.#process.errors}`;
    return `${this.trace.name} ${this.#name ?? 'not connected'}: ${groups}${errors}`;
  }

  #record(line: string): void {
    if (line === RESTS) {
      this.#rests = true;
      return;
    }
    const record = parseRecord(line);
    this.trace.records.push(record);
    if (record.type === 'event') {
      this.#note(record.event);
      return;
    }
    const { request } = record;
    if (request.type === 'publish') {
      this.#sent = Math.max(this.#sent, Number(request.payload.toString().split(' ')[1]));
      return;
    }
    if (request.type === 'join') this.#wanted.add(request.group);
    if (request.type === 'leave') this.#wanted.delete(request.group);
    if (this.#name !== undefined) this.#moving += 1;
  }

  #note(event: BusEvent): void {
    switch (event.type) {
      case 'busConnected':
        this.#name = event.privateNames.get(this.args.session);
        this.#moving = this.#wanted.size;
        return;
      case 'busLost':
        this.#name = undefined;
        this.#moving = 0;
        this.#groups.clear();
        return;
      case 'view':
        this.#viewed(event.view);
        return;
      case 'message':
        this.#heard.add(event.payload.toString());
        return;
      default:
        return;
    }
  }

  #viewed({ group, members, cause, joined }: GroupView): void {
    const names = members.map(({ name }) => name);
    this.#groups.set(group, names);
    const left = !names.some((name) => name === this.#name);
    const own = cause === 'join' && joined.some((name) => name === this.#name);
    if (left || own) this.#moving -= 1;
  }
}
