/** Weights read from checkpoint files on every call; wrap in `residentWeights` to keep them. */
import { checkpointErrors as errors } from '../errors/checkpoint.ts';
import type { Linear } from '../families/architecture.ts';
import { rowRanges, type WeightSource } from '../weights.ts';
import { elementCount, type SafetensorsFile } from './safetensors.ts';
import type { WeightFiles } from './weight-files.ts';

/**
 * The `WeightSource` over open files. Throws `safetensors/…` while reading.
 * @param nameOf  what a tensor of the description is called in the files, see `storedNames`
 */
export function storedWeights(
  folder: string,
  files: WeightFiles,
  nameOf: (tensor: string) => string = (tensor) => tensor,
): WeightSource {
  const open = (tensor: string): { file: SafetensorsFile; name: string } => {
    const name = nameOf(tensor);
    const file = files.find(name);
    if (file === undefined) throw errors.tensors(folder, [`tensor "${name}" is missing`]);
    return { file, name };
  };
  return {
    linear: async (linear) => {
      const { file, name } = open(linear.tensor);
      return readLinear(file, { ...linear, tensor: name });
    },
    tensor: async (tensor) => {
      const { file, name } = open(tensor);
      return file.read(name, 0, elementCount(file.info(name)));
    },
    rows: async (tensor, ids) => {
      const { file, name } = open(tensor);
      return gatherRows(file, name, ids);
    },
    slice: async (tensor, from, to) => {
      const { file, name } = open(tensor);
      const columns = columnsOf(file, name);
      return file.read(name, from * columns, to * columns);
    },
  };
}

/** Reads the row blocks of one linear and nothing between them. */
async function readLinear(
  file: SafetensorsFile,
  { tensor, rows, outFeatures, inFeatures }: Linear,
): Promise<Float32Array> {
  const weight = new Float32Array(outFeatures * inFeatures);
  let done = 0;
  for (const [from, to] of rowRanges(rows, outFeatures)) {
    const part = weight.subarray(done, done + (to - from) * inFeatures);
    await file.read(tensor, from * inFeatures, to * inFeatures, part);
    done += part.length;
  }
  return weight;
}

/** Reads each distinct row once, neighbours together. */
async function gatherRows(file: SafetensorsFile, name: string, ids: Int32Array): Promise<Float32Array> {
  const columns = columnsOf(file, name);
  const gathered = new Float32Array(ids.length * columns);
  const order = Int32Array.from(ids.keys()).sort((a, b) => ids[a] - ids[b]);
  for (let first = 0; first < order.length; ) {
    const from = ids[order[first]];
    let last = first;
    while (last + 1 < order.length && ids[order[last + 1]] - ids[order[last]] <= 1) last += 1;
    const run = await file.read(name, from * columns, (ids[order[last]] + 1) * columns);
    for (let i = first; i <= last; i += 1) {
      const at = (ids[order[i]] - from) * columns;
      gathered.set(run.subarray(at, at + columns), order[i] * columns);
    }
    first = last + 1;
  }
  return gathered;
}

function columnsOf(file: SafetensorsFile, name: string): number {
  return elementCount({ ...file.info(name), shape: file.info(name).shape.slice(1) });
}
