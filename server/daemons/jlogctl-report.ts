/** What jlogctl prints of a log, in the words and columns of the C program (jlog.md 17). */

import type { ClusterError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { printableLine } from '../console/printable.ts';
import type { FileStore, JournalLog } from '../jlog/api.ts';
import { ENTRY_BYTES, indexStateOf } from '../jlog/index-file.ts';
import { lastPosition, readInterval } from '../jlog/interval.ts';
import { type LogView, lookAt, readCheckpoints } from '../jlog/log-view.ts';
import { segmentName } from '../jlog/names.ts';
import { readFailed } from '../jlog/refusals.ts';
import { CHANGED, type OpenSegment, Segments, walkOf } from '../jlog/segments.ts';
import { formatPosition } from '../model/log-position.ts';

type Log = { readonly store: FileStore; readonly directory: string };

const RULE = '--------------------';
const NAME_COLUMNS = 32;
const SIZE_COLUMNS = 9;

export function subscriberLines(journal: JournalLog): Result<readonly string[], ClusterError> {
  const subscribers = journal.subscribers();
  if (!subscribers.ok) return subscribers;
  return ok(
    subscribers.value.map(({ name, position }) => {
      const where = position === undefined ? 'its checkpoint cannot be read' : formatPosition(position);
      return `\t${printableLine(name).padStart(NAME_COLUMNS)} @ ${where}`;
    }),
  );
}

/** Where a subscriber stands, what was written last, and what it reads next. */
export function perspective(log: Log, subscriber: string): Result<readonly string[], ClusterError> {
  const view = lookAt(log.store, log.directory);
  if (!view.ok) return view;
  const position = readCheckpoints(log.store, log.directory, view.value).find(
    (one) => one.subscriber === subscriber,
  )?.position;
  const interval = readInterval(log.store, log.directory, subscriber, { writes: false });
  if (!interval.ok) return interval;
  const last = lastPosition({ ...log, view: view.value, writes: false });
  const { start, finish } = interval.value;
  return ok([
    RULE,
    `  Perspective of the '${printableLine(subscriber)}' subscriber`,
    `    current checkpoint: ${position === undefined ? 'unknown' : formatPosition(position)}`,
    `Last write: ${last.ok ? formatPosition(last.value) : last.error.reason}`,
    `\t     next interval: [${formatPosition(start)}, ${formatPosition(finish)}]`,
    RULE,
  ]);
}

/** Size and readers of every segment. */
export function segmentLines(
  log: Log,
  { indexes }: { readonly indexes: boolean },
): Result<readonly string[], ClusterError> {
  const view = lookAt(log.store, log.directory);
  if (!view.ok) return view;
  const { segments } = view.value;
  const checkpoints = readCheckpoints(log.store, log.directory, view.value);
  const lines: string[] = [];
  for (const segment of segments) {
    const size = log.store.sizeOf(`${log.directory}/${segmentName(segment)}`);
    // One that cannot be read may need everything.
    const readers = checkpoints.filter(
      ({ position }) => position === undefined || position.segment <= segment,
    ).length;
    const bytes = size.ok ? String(size.value) : '?';
    lines.push(
      `\t${segmentName(segment)} [${bytes.padStart(SIZE_COLUMNS)} bytes] ${readers} pending readers`,
    );
    if (indexes) lines.push(`\t\t idx: ${indexText(log, segment)}`);
  }
  return ok(lines);
}

function indexText(log: Log, segment: number): string {
  const size = log.store.sizeOf(`${log.directory}/${segmentName(segment)}.idx`);
  if (!size.ok) return size.error.kind === 'missing' ? 'none' : 'error';
  const last = new Segments(log.store, log.directory).readIndex(
    segment,
    Math.max(0, size.value - ENTRY_BYTES),
    ENTRY_BYTES,
  );
  const state = last === undefined ? 'error' : indexStateOf(size.value, last);
  if (typeof state === 'string') return state;
  const { messages, closed } = state;
  return `${messages} messages (${messages.toString(16).padStart(8, '0')}), ${closed ? 'closed' : 'open'}`;
}

export type Analysis = { readonly lines: readonly string[] };

/**
 * Goes through every segment and says what is no record.
 * @param detail called for every record when `verbose`
 */
export function analysis(
  log: Log,
  { verbose }: { readonly verbose: boolean },
  detail: (line: string) => void,
): Result<Analysis, ClusterError> {
  const looked = lookAt(log.store, log.directory);
  if (!looked.ok) return looked;
  const view = looked.value;
  const lines = view.troubles.map((trouble) => `\t${trouble}`);
  for (const { file, position } of readCheckpoints(log.store, log.directory, view)) {
    if (position === undefined) lines.push(`\t${file} cannot be read: nothing is retired`);
  }
  const segments = new Segments(log.store, log.directory);
  for (const [index, segment] of view.segments.entries()) {
    const before = view.segments[index - 1];
    if (before !== undefined && segment > before + 1)
      lines.push(`\tsegments ${range(before + 1, segment - 1)} are missing`);
    const walked = segments.with({ segment, current: view.current, format: view.format }, (open) =>
      analyseSegment(open, view, verbose ? detail : undefined),
    );
    if (!walked.ok) return err(readFailed(log.directory, walked.error));
    lines.push(...walked.value);
  }
  return ok({ lines });
}

function range(from: number, to: number): string {
  return from === to ? segmentName(from) : `${segmentName(from)} to ${segmentName(to)}`;
}

/** Lines kept of one segment; the counts at the end are complete. */
const DAMAGE_LINES_MAX = 1_000;

function analyseSegment(
  open: OpenSegment,
  view: LogView,
  detail: ((line: string) => void) | undefined,
): readonly string[] {
  const name = segmentName(open.segment);
  const walk = walkOf(open, {
    from: { offset: 0, marker: 0 },
    bodies: false,
    bytesMax: Number.POSITIVE_INFINITY,
  });
  const damage: string[] = [];
  let [places, bytes] = [0, 0];
  for (;;) {
    const step = walk.next();
    if (step === 'record') {
      if (detail === undefined) continue;
      const timeUs = walk.recordTimeUs() ?? 0;
      detail(
        `Message ${walk.marker} at [${walk.recordOffset}] of (${view.format.headerBytes}+${walk.bodyBytes})`,
      );
      detail(`\ttime: ${Math.floor(timeUs / 1_000_000)}.${String(timeUs % 1_000_000).padStart(6, '0')}`);
      detail(`\tmlen: ${walk.bodyBytes}`);
    } else if (step === 'gap') {
      places += 1;
      bytes += walk.gapBytes;
      if (damage.length < DAMAGE_LINES_MAX)
        damage.push(`\t\t${walk.gapBytes} bytes of junk at [${walk.gapOffset}], ${walk.gapReason}`);
    } else {
      const left = open.size - walk.offset;
      if (step === 'tail') damage.push(`\t\t${left} bytes at the end at [${walk.offset}], ${walk.tail}`);
      if (step === 'failed') damage.push(`\t\t${(walk.error ?? CHANGED).reason} at [${walk.offset}]`);
      const summary =
        places === 0 ? 'nothing is damaged' : `${bytes} bytes in ${places} places are no record`;
      return [`\t${name}: ${walk.marker} messages, ${summary}`, ...damage];
    }
  }
}
