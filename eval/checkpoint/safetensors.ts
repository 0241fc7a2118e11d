/** Reads .safetensors data by positioned reads of exactly the bytes asked for, wherever the bytes are. */
import { safetensorsErrors as errors } from '../errors/checkpoint.ts';
import { countNotFinite, decodeBf16, decodeFp16 } from './float-formats.ts';
import { checkHeaderLength, parseHeader, type TensorInfo } from './safetensors-header.ts';

/** 16-bit values are converted piece by piece, so that no second copy of a large tensor exists. */
const PIECE_BYTES = 4 << 20;

const DECODERS: Readonly<Record<string, (source: Uint16Array, target: Float32Array) => number>> = {
  BF16: decodeBf16,
  F16: decodeFp16,
};

/** Where the bytes of a file are: on disk (`openSafetensors`), or in memory (`bytesInMemory`). */
export interface ByteSource {
  readonly size: number;
  /** Fills `bytes` from `position` on. Returns how many are missing at the end of the file, 0 where there are enough. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export class SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #source: ByteSource;
  readonly #dataStart: number;

  private constructor(
    path: string,
    tensors: ReadonlyMap<string, TensorInfo>,
    source: ByteSource,
    dataStart: number,
  ) {
    this.path = path;
    this.tensors = tensors;
    this.#source = source;
    this.#dataStart = dataStart;
  }

  /**
   * Checks the whole header; the source is closed with the file, and where the header is faulty.
   * @param path  for messages
   * @throws safetensors/…
   */
  static async from(path: string, source: ByteSource): Promise<SafetensorsFile> {
    try {
      const lengthField = new Uint8Array(8);
      await source.read(lengthField, 0);
      const headerBytes = checkHeaderLength(path, lengthField, source.size);
      const json = new Uint8Array(headerBytes);
      await readFully(source, path, json, 8);
      const tensors = parseHeader(path, json, source.size - 8 - headerBytes);
      return new SafetensorsFile(path, tensors, source, 8 + headerBytes);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Throws `safetensors/unknown-tensor`. */
  info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (info === undefined) throw errors.unknownTensor(this.path, name);
    return info;
  }

  /**
   * Elements `from … to` (half-open, row-major) of a tensor as float32, into `target` or a new array.
   * @throws safetensors/dtype, safetensors/range, safetensors/short-read, safetensors/not-finite
   */
  async read(
    name: string,
    from: number,
    to: number,
    target = new Float32Array(to - from),
  ): Promise<Float32Array> {
    const info = this.info(name);
    const size = elementCount(info);
    if (!(from >= 0 && from <= to && to <= size)) throw errors.range(this.path, name, from, to, size);
    const bad =
      info.dtype === 'F32'
        ? await this.#readWords(info, from, target)
        : await this.#readHalves(info, from, target);
    if (bad > 0) throw errors.notFinite(this.path, name, bad, target.length);
    return target;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  async #readWords(info: TensorInfo, from: number, target: Float32Array): Promise<number> {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    await readFully(this.#source, this.path, bytes, this.#dataStart + info.begin + from * 4);
    return countNotFinite(target);
  }

  async #readHalves(info: TensorInfo, from: number, target: Float32Array): Promise<number> {
    const decode = DECODERS[info.dtype];
    if (decode === undefined) throw errors.dtype(this.path, info.name, info.dtype);
    const piece = new Uint16Array(Math.min(PIECE_BYTES / 2, target.length));
    let bad = 0;
    for (let done = 0; done < target.length; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, target.length - done));
      const bytes = new Uint8Array(part.buffer, 0, part.byteLength);
      await readFully(this.#source, this.path, bytes, this.#dataStart + info.begin + (from + done) * 2);
      bad += decode(part, target.subarray(done, done + part.length));
    }
    return bad;
  }
}

/** Number of values in a tensor. */
export function elementCount(info: TensorInfo): number {
  return info.shape.reduce((product, dimension) => product * dimension, 1);
}

/** The bytes of a whole file that is in memory already. */
export function bytesInMemory(all: Uint8Array): ByteSource {
  return {
    size: all.length,
    async read(bytes, position) {
      const part = all.subarray(position, position + bytes.length);
      bytes.set(part);
      return bytes.length - part.length;
    },
    close: async () => undefined,
  };
}

async function readFully(
  source: ByteSource,
  path: string,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  const missing = await source.read(bytes, position);
  if (missing > 0) throw errors.shortRead(path, position + bytes.length - missing, missing);
}
