/** Reads one .safetensors file by positioned reads of exactly the bytes asked for; nothing is mapped or loaded whole. */
import { type FileHandle, open } from 'node:fs/promises';
import { safetensorsErrors as errors } from '../errors/checkpoint.ts';
import { countNotFinite, decodeBf16, decodeFp16 } from './float-formats.ts';
import { checkHeaderLength, parseHeader, type TensorInfo } from './safetensors-header.ts';

/** 16-bit values are converted piece by piece, so that no second copy of a large tensor exists. */
const PIECE_BYTES = 4 << 20;

const DECODERS: Readonly<Record<string, (source: Uint16Array, target: Float32Array) => number>> = {
  BF16: decodeBf16,
  F16: decodeFp16,
};

export class SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #handle: FileHandle;
  readonly #dataStart: number;

  private constructor(
    path: string,
    tensors: ReadonlyMap<string, TensorInfo>,
    handle: FileHandle,
    dataStart: number,
  ) {
    this.path = path;
    this.tensors = tensors;
    this.#handle = handle;
    this.#dataStart = dataStart;
  }

  /** Opens a file and checks its whole header. Throws `safetensors/…`. */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const lengthField = Buffer.alloc(8);
      await handle.read(lengthField, 0, 8, 0);
      const headerBytes = checkHeaderLength(path, lengthField, size);
      const json = Buffer.alloc(headerBytes);
      await readFully(handle, path, json, 8);
      const tensors = parseHeader(path, json, size - 8 - headerBytes);
      return new SafetensorsFile(path, tensors, handle, 8 + headerBytes);
    } catch (error) {
      await handle.close();
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
    return this.#handle.close();
  }

  async #readWords(info: TensorInfo, from: number, target: Float32Array): Promise<number> {
    const bytes = Buffer.from(target.buffer, target.byteOffset, target.byteLength);
    await readFully(this.#handle, this.path, bytes, this.#dataStart + info.begin + from * 4);
    return countNotFinite(target);
  }

  async #readHalves(info: TensorInfo, from: number, target: Float32Array): Promise<number> {
    const decode = DECODERS[info.dtype];
    if (decode === undefined) throw errors.dtype(this.path, info.name, info.dtype);
    const piece = new Uint16Array(Math.min(PIECE_BYTES / 2, target.length));
    let bad = 0;
    for (let done = 0; done < target.length; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, target.length - done));
      const bytes = Buffer.from(part.buffer, 0, part.byteLength);
      await readFully(this.#handle, this.path, bytes, this.#dataStart + info.begin + (from + done) * 2);
      bad += decode(part, target.subarray(done, done + part.length));
    }
    return bad;
  }
}

/** Number of values in a tensor. */
export function elementCount(info: TensorInfo): number {
  return info.shape.reduce((product, dimension) => product * dimension, 1);
}

async function readFully(handle: FileHandle, path: string, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    // One read call moves less than 2 GiB, so longer ones are asked for in parts.
    const length = Math.min(bytes.length - done, 1 << 30);
    const { bytesRead } = await handle.read(bytes, done, length, position + done);
    if (bytesRead === 0) throw errors.shortRead(path, position + done, bytes.length - done);
    done += bytesRead;
  }
}
