/** The files of a live model and of the runtime as they are shipped: gzipped, with a hash of their content in the name. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { once, onceFor } from '../lib/once.ts';

export interface ShippedFile {
  /** Below `/break/`. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface ModelParts {
  readonly description: ShippedFile;
  readonly weights: ShippedFile;
}

const MODELS = join(process.cwd(), 'data/models');
const RUNTIME = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
const pack = promisify(gzip);

/** ONNX Runtime's WebAssembly. */
export const runtimeFile = once(
  async (): Promise<ShippedFile> => packed('onnxruntime', 'wasm', await readFile(RUNTIME)),
);

export const modelParts = onceFor(async (id: string): Promise<ModelParts> => {
  const read = (name: string) => readFile(join(MODELS, id, name));
  const json = async (name: string): Promise<unknown> => JSON.parse((await read(name)).toString());
  const description = {
    config: await json('config.json'),
    tokenizer: await json('tokenizer.json'),
    tokenizerOptions: await json('tokenizer_config.json'),
  };
  return {
    description: await packed(id, 'json', Buffer.from(JSON.stringify(description))),
    weights: await packed(id, 'safetensors', await read('model.safetensors')),
  };
});

async function packed(stem: string, kind: string, bytes: Buffer): Promise<ShippedFile> {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const small = await pack(bytes, { level: 9 });
  return { name: `${stem}.${hash}.${kind}.gz`, bytes: new Uint8Array(small) };
}
