/** Turns stored bytes into plain ones, told by the file name: `.gz`, `.bz2` or as they are. */
import { gunzipSync } from 'node:zlib';
import bunzip from 'seek-bzip';

/** What a name may end in besides its plain form, in the order in which files are looked for. */
export const COMPRESSIONS = ['', '.gz', '.bz2'] as const;

/** No evaluation file comes near this; a file that unpacks to more is damaged or hostile. */
const MAX_BYTES = 2 ** 30;

/** Throws a plain Error for damaged data and for data that would unpack to more than `maxBytes`. */
export function decompress(name: string, stored: Uint8Array, maxBytes = MAX_BYTES): Uint8Array {
  if (name.endsWith('.gz')) return gunzipSync(stored, { maxOutputLength: maxBytes });
  if (name.endsWith('.bz2')) return bunzip2(stored, maxBytes);
  return stored;
}

function bunzip2(stored: Uint8Array, maxBytes: number): Uint8Array {
  let plain = new Uint8Array(Math.min(maxBytes, Math.max(2 ** 16, stored.length * 4)));
  let length = 0;
  const output = {
    writeByte(byte: number) {
      if (length === plain.length) plain = grow(plain, maxBytes);
      plain[length++] = byte;
    },
    flush() {},
  };
  bunzip.decode(stored, output, true);
  return plain.subarray(0, length);
}

function grow(bytes: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  if (bytes.length >= maxBytes) throw new RangeError(`it unpacks to more than ${maxBytes} bytes`);
  const larger = new Uint8Array(Math.min(maxBytes, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
