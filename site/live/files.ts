/** The files of a live model and of the runtime as they are shipped: gzipped, with a hash of their content in the name. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type LivePacked, livePackedSchema } from '../../data/live/schema.ts';
import { once, onceFor } from '../lib/once.ts';

export interface ShippedFile {
  /** Below `/break/`. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the content, unpacked. */
  readonly sha256: string;
}

interface ModelParts {
  readonly description: ShippedFile;
  readonly weights: ShippedFile;
  /** Codes made in advance, by recipe. */
  readonly packed: Readonly<Record<string, ShippedFile>>;
}

const MODELS = join(process.cwd(), 'data/models');
const LIVE = join(process.cwd(), 'data/live');
const RUNTIME = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
const pack = promisify(gzip);

/** ONNX Runtime's WebAssembly. */
export const runtimeFile = once(
  async (): Promise<ShippedFile> => shipped('onnxruntime', 'wasm', await readFile(RUNTIME)),
);

/** How codes were made in advance. */
export const packedManifest = once(
  async (): Promise<LivePacked> =>
    livePackedSchema.parse(JSON.parse(await readFile(join(LIVE, 'packed.json'), 'utf8'))),
);

/** Throws where codes made in advance are not those of the manifest, or are of other weights. */
export const modelParts = onceFor(async (id: string): Promise<ModelParts> => {
  const read = (name: string) => readFile(join(MODELS, id, name));
  const json = async (name: string): Promise<unknown> => JSON.parse((await read(name)).toString());
  const description = {
    config: await json('config.json'),
    tokenizer: await json('tokenizer.json'),
    tokenizerOptions: await json('tokenizer_config.json'),
  };
  const weights = await shipped(id, 'safetensors', await read('model.safetensors'));
  return {
    description: await shipped(id, 'json', Buffer.from(JSON.stringify(description))),
    weights,
    packed: await packedParts(id, weights),
  };
});

async function packedParts(id: string, weights: ShippedFile): Promise<Readonly<Record<string, ShippedFile>>> {
  const { files, command } = await packedManifest();
  const parts: Record<string, ShippedFile> = {};
  for (const { recipe, name, sha256, weights_sha256 } of files.filter(({ model }) => model === id)) {
    const part = await shipped(`${id}.${recipe}`, 'safetensors', await readFile(join(LIVE, 'packed', name)));
    if (part.sha256 !== sha256 || weights.sha256 !== weights_sha256)
      throw new Error(
        `[live] data/live/packed/${name}: its content, or the weights of ${id}, are not those in data/live/packed.json. Make it again: ${command}`,
      );
    parts[recipe] = part;
  }
  return parts;
}

async function shipped(stem: string, kind: string, bytes: Buffer): Promise<ShippedFile> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const small = await pack(bytes, { level: 9 });
  return { name: `${stem}.${sha256.slice(0, 12)}.${kind}.gz`, bytes: new Uint8Array(small), sha256 };
}
