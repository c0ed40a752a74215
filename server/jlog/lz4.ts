/**
 * LZ4 blocks: reading all of them, and writing blocks without matches, which every reader takes. The C library packs
 * each record as one block of its own (jlog.md 5).
 */

const MATCH_MIN = 4;
const LENGTH_MORE = 15;

/** No block grows by more than this when it is unpacked. */
const EXPANSION_MAX = 255;

/** Undefined when the block is damaged or does not hold exactly `messageBytes`. */
export function unpackBlock(block: Buffer, messageBytes: number): Buffer | undefined {
  if (messageBytes > block.length * EXPANSION_MAX) return undefined;
  const out = Buffer.allocUnsafe(messageBytes);
  let [from, to] = [0, 0];
  const more = (): number => {
    let length = 0;
    for (let byte = 255; byte === 255; length += byte) {
      if (from >= block.length) return -1;
      byte = block[from] ?? 0;
      from += 1;
    }
    return length;
  };
  while (from < block.length) {
    const token = block[from] ?? 0;
    from += 1;
    let literals = token >> 4;
    if (literals === LENGTH_MORE) {
      const rest = more();
      if (rest < 0) return undefined;
      literals += rest;
    }
    if (from + literals > block.length || to + literals > messageBytes) return undefined;
    block.copy(out, to, from, from + literals);
    [from, to] = [from + literals, to + literals];
    if (from === block.length) return to === messageBytes ? out : undefined;
    if (from + 2 > block.length) return undefined;
    const distance = block.readUInt16LE(from);
    from += 2;
    let length = token & 15;
    if (length === LENGTH_MORE) {
      const rest = more();
      if (rest < 0) return undefined;
      length += rest;
    }
    length += MATCH_MIN;
    if (distance === 0 || distance > to || to + length > messageBytes) return undefined;
    copyMatch(out, to, distance, length);
    to += length;
  }
  return undefined;
}

/** A match may reach into what it is just writing. */
function copyMatch(out: Buffer, to: number, distance: number, length: number): void {
  for (let done = 0; done < length; ) {
    const part = Math.min(distance + done, length - done);
    out.copy(out, to + done, to - distance, to - distance + part);
    done += part;
  }
}

/** Bytes of the block that holds a message of this length without a match. */
export function literalBlockBytes(messageBytes: number): number {
  return (
    1 + (messageBytes < LENGTH_MORE ? 0 : 1 + Math.floor((messageBytes - LENGTH_MORE) / 255)) + messageBytes
  );
}

/** Writes everything of such a block but the message. @returns where the message goes. */
export function writeLiteralBlock(into: Buffer, at: number, messageBytes: number): number {
  if (messageBytes < LENGTH_MORE) {
    into[at] = messageBytes << 4;
    return at + 1;
  }
  into[at] = LENGTH_MORE << 4;
  let next = at + 1;
  let rest = messageBytes - LENGTH_MORE;
  for (; rest >= 255; rest -= 255) {
    into[next] = 255;
    next += 1;
  }
  into[next] = rest;
  return next + 1;
}
