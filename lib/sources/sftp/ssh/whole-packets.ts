/** ssh2 takes no packet of more (RFC 4253 §6.1), and reads the length before anything else. */
const MOST_PACKET_BYTES = 35_000;
const LENGTH_BYTES = 4;
const TAG_BYTES = 16;

type Decrypt = (data: Uint8Array, from: number, to: number) => number | undefined;

/**
 * Has a decipher of ssh2 given whole packets only. What a connection brings ends anywhere in a packet; of each that was
 * cut, ssh2 would decipher the parts into memory of their own, and copy them together. With AES-GCM, where the length
 * of a packet is not enciphered (RFC 5647 §7.3). Whatever looks otherwise than expected stays as it is: then it is
 * slower, and works as well.
 *
 * @returns whether the decipher keeps nothing of what it is given when `decrypt` has returned
 */
export function givePackets(decipher: unknown): boolean {
  const { _decipherSSLName: name, _lenBytes: lengthBytes, decrypt } = Object(decipher) as Record<string, unknown>;
  // In the middle of a packet it is too late.
  if (typeof name !== 'string' || !name.endsWith('-gcm') || lengthBytes !== 0 || typeof decrypt !== 'function')
    return false;
  const whole = wholePackets((decrypt as Decrypt).bind(decipher));
  Reflect.set(Object(decipher), 'decrypt', whole);
  return true;
}

/** Exported for its test. */
export function wholePackets(decrypt: Decrypt): Decrypt {
  const kept = Buffer.allocUnsafeSlow(LENGTH_BYTES + MOST_PACKET_BYTES + TAG_BYTES);
  let keptBytes = 0;

  /** As much of what was kept as is missing to a whole packet; returns where the rest begins. */
  function complete(data: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && keptBytes < wantedBytes()) {
      const end = Math.min(to, at + wantedBytes() - keptBytes);
      kept.set(data.subarray(at, end), keptBytes);
      keptBytes += end - at;
      at = end;
    }
    return at;
  }

  const wantedBytes = (): number => (keptBytes < LENGTH_BYTES ? LENGTH_BYTES : packetBytes(kept, 0));

  return (data, from, to) => {
    let at = from;
    if (keptBytes > 0) {
      at = complete(data, from, to);
      if (keptBytes < wantedBytes()) return undefined;
      const given = keptBytes;
      keptBytes = 0;
      const wentOnAt = decrypt(kept, 0, given);
      if (wentOnAt !== undefined) return wentOnAt === given ? at : wentOnAt;
    }
    const end = endOfWhole(data, at, to);
    if (end > at) {
      const wentOnAt = decrypt(data, at, end);
      if (wentOnAt !== undefined) return wentOnAt;
    }
    complete(data, end, to);
    return undefined;
  };
}

function endOfWhole(data: Uint8Array, from: number, to: number): number {
  let end = from;
  while (to - end >= LENGTH_BYTES && end + packetBytes(data, end) <= to) end += packetBytes(data, end);
  return end;
}

/** With its length and tag. One that is too long is not: of that ssh2 needs no more to refuse it. */
function packetBytes(data: Uint8Array, at: number): number {
  const byte = (index: number) => data[at + index] ?? 0;
  const length = ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
  return length > MOST_PACKET_BYTES ? LENGTH_BYTES : LENGTH_BYTES + length + TAG_BYTES;
}
