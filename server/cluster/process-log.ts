/** What a cluster process says in its log, from the events of its parts. Names and fields only, no prose. */

import { unreachable } from '../base/assert.ts';
import type { LogFields, LogLevel } from '../base/ports.ts';
import type { GenerationChange, ReloadResult } from '../conf/live-api.ts';
import type { VipHappening } from '../duravip/api.ts';
import type { LogServiceNews } from '../logs/service-api.ts';
import type { BusEvent } from '../msgc/client-api.ts';
import type { ServerEvent } from '../msgc/server-api.ts';
import { RELOAD_DIAGNOSTICS_MAX } from '../wire/options.ts';
import type { AppEffect } from './process-app.ts';

export type LogRecord = { readonly level: LogLevel; readonly event: string; readonly fields: LogFields };

/** Refused connections told in one second; what comes beyond is counted by the server and not told. */
export const REFUSALS_PER_SECOND_MAX = 10;
/** Names of changed options in one record; the number of all is told. */
const OPTIONS_LOGGED_MAX = 20;
const COMMAND_NAME_CHARACTERS_MAX = 64;
const JOB_ENDS_AS_USUAL: ReadonlySet<string> = new Set(['left', 'closed', 'unpublished', 'aborted']);

export function serverLog(event: ServerEvent): LogRecord | undefined {
  const { type, ...fields } = event;
  switch (event.type) {
    case 'linkUp':
      return { level: 'info', event: 'link.up', fields };
    case 'linkSlow':
      return { level: 'warn', event: 'link.slow', fields };
    case 'linkRecovered':
      return { level: 'info', event: 'link.recovered', fields };
    case 'linkDown':
      return { level: event.cause === 'leave' ? 'info' : 'warn', event: 'link.down', fields };
    case 'viewInstalled': {
      const { viewId, members } = event.view;
      return { level: 'info', event: 'view.installed', fields: { viewId, members, lost: event.lost } };
    }
    case 'connectionRefused':
      return { level: 'warn', event: 'connection.refused', fields };
    case 'paused':
      return { level: 'warn', event: 'process.paused', fields };
    case 'clientUp':
    case 'clientDown':
      return { level: 'debug', event: type === 'clientUp' ? 'client.up' : 'client.down', fields };
    case 'reachChanged':
      return { level: 'debug', event: 'reach.changed', fields: {} };
    default:
      return unreachable(event);
  }
}

export function busLog(event: BusEvent): LogRecord | undefined {
  switch (event.type) {
    case 'busConnected': {
      const { server, serverNode } = event;
      return { level: 'info', event: 'bus.connected', fields: { server, serverNode } };
    }
    case 'busRefused': {
      const { server, reason } = event;
      return { level: 'warn', event: 'bus.not_taken', fields: { server, reason } };
    }
    case 'busLost':
      return {
        level: event.reason === 'stopping' ? 'info' : 'warn',
        event: 'bus.lost',
        fields: { reason: event.reason },
      };
    case 'requestRefused':
      return {
        level: 'debug',
        event: 'bus.refused',
        fields: { what: event.request.type, reason: event.reason },
      };
    case 'view': {
      const { group, viewId, members, cause } = event.view;
      return { level: 'debug', event: 'bus.view', fields: { group, viewId, members: members.length, cause } };
    }
    case 'transition':
    case 'message':
      return undefined;
    default:
      return unreachable(event);
  }
}

export function appLog(effect: AppEffect): LogRecord | undefined {
  switch (effect.type) {
    case 'happened': {
      const { what, member, name, cause } = effect;
      const bad = what === 'suspect' || (what === 'departed' && cause !== 'leave');
      const level = bad ? 'warn' : 'info';
      return {
        level,
        event: `member.${what}`,
        fields: { member, name, ...(cause === undefined ? {} : { cause }) },
      };
    }
    case 'executed': {
      const { user, ok } = effect;
      return {
        level: 'info',
        event: 'command.executed',
        fields: { user, command: commandName(effect.command), ok },
      };
    }
    case 'shutdown':
      return { level: 'info', event: 'shutdown.asked', fields: { user: effect.user } };
    case 'optionsChanged':
      return { level: 'info', event: 'config.changed', fields: changeFields(effect.change) };
    case 'reconnect':
      return { level: 'warn', event: 'bus.reset', fields: {} };
    case 'reloaded':
    case 'optionsRefused':
    case 'changed':
      return { level: 'debug', event: 'members.changed', fields: {} };
    case 'vipHappened':
      return vipLog(effect.what, effect.shown);
    case 'moreHappened':
      return { level: 'info', event: 'vip.more', fields: { count: effect.count } };
    case 'hostHappened': {
      const { text, address, bad } = effect;
      return { level: bad ? 'error' : 'info', event: 'vip.host', fields: { text, ...maybe({ address }) } };
    }
    case 'aggregation': {
      const { level, event, fields } = effect;
      return { level, event, fields };
    }
    case 'copyChanged': {
      const { object, owner, differs } = effect;
      const event = differs ? 'replication.diverged' : 'replication.converged';
      return { level: differs ? 'warn' : 'info', event, fields: { object, owner } };
    }
    case 'logService':
      return logServiceLog(effect.what);
    case 'bus':
    case 'persistResults':
    case 'host':
    case 'service':
    case 'logs':
    case 'logDisk':
    case 'mail':
    case 'sharedAnswer':
    case 'logLine':
    case 'nodeConnection':
    case 'clusterStream':
      return undefined;
    default:
      return unreachable(effect);
  }
}

function logServiceLog(what: LogServiceNews): LogRecord {
  const { type, ...fields } = what;
  switch (what.type) {
    case 'joined':
      return { level: 'info', event: 'logs.joined', fields };
    case 'left':
      return { level: what.reason === 'ended' ? 'info' : 'warn', event: 'logs.left', fields };
    case 'turnedAway':
      return { level: 'warn', event: 'logs.turned_away', fields };
    case 'jobOpened':
      return { level: what.followed ? 'info' : 'warn', event: 'logs.job_opened', fields };
    case 'jobEnded':
      return { level: JOB_ENDS_AS_USUAL.has(what.reason) ? 'info' : 'warn', event: 'logs.job_ended', fields };
    // Aggregators ask again and again.
    case 'openRefused':
      return { level: 'debug', event: 'logs.open_refused', fields };
    case 'checkpointFailed':
      return { level: 'error', event: 'logs.checkpoint_failed', fields };
    default:
      return unreachable(what);
  }
}

/** @param shown whether `cluster duravip debug` is on (VIP-23): then what is for debugging is told as news. */
function vipLog(what: VipHappening, shown: boolean): LogRecord {
  const { type, ...fields } = what;
  switch (what.type) {
    case 'owner':
    case 'drain':
    case 'undrain':
    case 'mature':
    case 'cleared':
    case 'announced':
    case 'config':
      return { level: 'info', event: `vip.${type}`, fields: maybe(fields) };
    case 'state':
      return {
        level: what.state === 'failed' ? 'error' : shown ? 'info' : 'debug',
        event: 'vip.state',
        fields,
      };
    case 'suspect':
    case 'setSizesDiffer':
    case 'diverged':
      return { level: 'warn', event: `vip.${type}`, fields };
    case 'moving':
    case 'told':
    case 'synced':
    case 'unsynced':
    case 'debug':
      return { level: shown ? 'info' : 'debug', event: `vip.${type}`, fields };
    default:
      return unreachable(what);
  }
}

/** Without the fields that are not known. */
function maybe(fields: Readonly<Record<string, unknown>>): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Everything about one reload: what came of it, then each diagnostic. */
export function reloadLog(reload: ReloadResult): readonly LogRecord[] {
  const { ok, user, errors, warnings, diagnostics } = reload;
  const fields = { user, errors, warnings };
  const outcome: LogRecord = ok
    ? { level: 'info', event: 'config.reloaded', fields }
    : { level: 'error', event: 'config.reload_failed', fields };
  const level = ok ? 'warn' : 'error';
  const told = diagnostics
    .slice(0, RELOAD_DIAGNOSTICS_MAX)
    .map((text): LogRecord => ({ level, event: 'config.diagnostic', fields: { text } }));
  return [outcome, ...told];
}

export function refusedOptionsLog(problems: readonly string[]): LogRecord {
  return { level: 'error', event: 'config.not_used', fields: { problems } };
}

function changeFields({ number, cause, user, changes }: GenerationChange): LogFields {
  const options = changes.slice(0, OPTIONS_LOGGED_MAX).map(({ option }) => option);
  const waiting = changes.filter(({ dynamic }) => !dynamic).length;
  return { generation: number, cause, user, count: changes.length, options, waitingForRestart: waiting };
}

/** The first two words: what follows may hold secrets. */
export function commandName(command: string): string {
  return command.trim().split(/\s+/, 2).join(' ').slice(0, COMMAND_NAME_CHARACTERS_MAX);
}
