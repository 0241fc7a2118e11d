/** A .safetensors file on disk; nothing is mapped or loaded whole. */
import { open } from 'node:fs/promises';
import { type ByteSource, SafetensorsFile } from './safetensors.ts';

/** One read call moves less than 2 GiB, so longer ones are asked for in parts. */
const MOST_AT_ONCE = 1 << 30;

/** Opens a file and checks its whole header. Throws `safetensors/…`. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  return SafetensorsFile.from(path, await fileBytes(path));
}

/** The bytes of a file, open until `close`. */
export async function fileBytes(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r');
  return {
    size: (await handle.stat()).size,
    async read(bytes, position) {
      let done = 0;
      while (done < bytes.length) {
        const length = Math.min(bytes.length - done, MOST_AT_ONCE);
        const { bytesRead } = await handle.read(bytes, done, length, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.length - done;
    },
    close: () => handle.close(),
  };
}
