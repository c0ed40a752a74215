/** What a client process is told and tells, as JSON lines. Fill of long messages is checked where it is heard. */

import type { GroupName, PrivateName } from '../../server/model/names.ts';
import type { BusEvent, BusRequest, GroupView, Service } from '../../server/msgc/client-api.ts';
import type { ClientRecord } from '../sim/bus/history.ts';

export type ClientArguments = {
  readonly session: string;
  readonly groups: readonly string[];
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly keyFile: string;
  readonly seed: number;
  /** Numbers go on behind it, so that a client that comes back under its old name repeats none. */
  readonly sentBefore: number;
};

export type ClientOrder =
  /** Every so often: up to `burst` messages, now and then a group is left or joined. */
  | { readonly do: 'work'; readonly everyMs: number; readonly burst: number }
  /** No more work, and back in all groups; answered by RESTS. */
  | { readonly do: 'rest' }
  | {
      readonly do: 'publish';
      readonly count: number;
      readonly group: string;
      readonly service: Service;
      readonly bytes: number;
    };

/** A line that is no record: whatever a client does from here on it was told. */
export const RESTS = 'rests';

const FILL = /^ \.+$/;

export function recordLine(record: ClientRecord): string {
  return `${JSON.stringify(record.type === 'request' ? { r: plainRequest(record.request) } : { e: plainEvent(record.event) })}\n`;
}

export function parseRecord(line: string): ClientRecord {
  const { r, e } = JSON.parse(line);
  return r === undefined
    ? { type: 'event', event: eventFrom(e) }
    : { type: 'request', request: requestFrom(r) };
}

/** `sender number`, and what it is for; the fill behind it is gone. @throws Error when the fill is not what it was. */
function textOf(payload: Buffer): string {
  const text = payload.toString();
  const [sender = '', number = '', third = ''] = text.split(' ', 3);
  const head = third === 'several' ? `${sender} ${number} ${third}` : `${sender} ${number}`;
  const rest = text.slice(head.length);
  return rest === '' || FILL.test(rest) ? head : `${head} spoiled`;
}

function plainRequest(request: BusRequest): object {
  switch (request.type) {
    case 'publish':
    case 'send':
      return { ...request, payload: textOf(request.payload) };
    case 'join':
      return { ...request, capabilities: '' };
    case 'leave':
      return request;
  }
}

function requestFrom(plain: Record<string, unknown>): BusRequest {
  const whole: Record<string, unknown> = { ...plain };
  for (const field of ['payload', 'capabilities']) {
    if (typeof whole[field] === 'string') whole[field] = Buffer.from(whole[field]);
  }
  return whole as BusRequest;
}

function plainEvent(event: BusEvent): object {
  switch (event.type) {
    case 'busConnected':
      return { ...event, privateNames: [...event.privateNames] };
    case 'message':
      return { ...event, payload: textOf(event.payload) };
    case 'requestRefused':
      return { ...event, request: plainRequest(event.request) };
    case 'view':
      return { ...event, view: { ...event.view, members: event.view.members.map(({ name }) => name) } };
    default:
      return event;
  }
}

function eventFrom(plain: { readonly type: BusEvent['type'] } & Record<string, unknown>): BusEvent {
  switch (plain.type) {
    case 'busConnected':
      return {
        ...plain,
        privateNames: new Map(plain['privateNames'] as [string, PrivateName][]),
      } as unknown as BusEvent;
    case 'message':
      return { ...plain, payload: Buffer.from(plain['payload'] as string) } as unknown as BusEvent;
    case 'requestRefused':
      return {
        ...plain,
        request: requestFrom(plain['request'] as Record<string, unknown>),
      } as unknown as BusEvent;
    case 'view':
      return { ...plain, view: viewFrom(plain['view'] as PlainView) } as unknown as BusEvent;
    default:
      return plain as unknown as BusEvent;
  }
}

type PlainView = Omit<GroupView, 'members'> & { readonly members: readonly PrivateName[] };

function viewFrom(view: PlainView): GroupView {
  const capabilities = Buffer.alloc(0);
  return {
    ...view,
    group: view.group as GroupName,
    members: view.members.map((name) => ({ name, capabilities })),
  };
}
