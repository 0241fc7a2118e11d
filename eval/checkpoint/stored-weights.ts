/** Weights read from checkpoint files on every call; wrap in `residentWeights` to keep them. */
import { checkpointErrors as errors } from '../errors/checkpoint.ts';
import type { Architecture, Linear } from '../families/architecture.ts';
import { rowRanges, type WeightSource } from '../weights.ts';
import { expectedTensors } from './expected-tensors.ts';
import { elementCount, type SafetensorsFile } from './safetensors.ts';
import type { WeightFiles } from './weight-files.ts';

/** Checks every tensor that the architecture needs, all problems at once. Throws `checkpoint/tensors`. */
export function checkTensors(folder: string, architecture: Architecture, files: WeightFiles): void {
  const problems: string[] = [];
  for (const [name, shape] of expectedTensors(architecture)) {
    const info = files.find(name)?.tensors.get(name);
    if (info === undefined) problems.push(`tensor "${name}" is missing`);
    else if (info.shape.join() !== shape.join()) {
      problems.push(
        `tensor "${name}" has shape [${info.shape.join(', ')}], config.json says [${shape.join(', ')}]`,
      );
    } else if (!['F32', 'F16', 'BF16'].includes(info.dtype)) {
      problems.push(
        `tensor "${name}" is stored as ${info.dtype}; weights are read from F32, F16 and BF16 only`,
      );
    }
  }
  if (problems.length > 0) throw errors.tensors(folder, problems);
}

/** The `WeightSource` over open files. Throws `safetensors/…` while reading. */
export function storedWeights(folder: string, files: WeightFiles): WeightSource {
  const fileOf = (name: string): SafetensorsFile => {
    const file = files.find(name);
    if (file === undefined) throw errors.tensors(folder, [`tensor "${name}" is missing`]);
    return file;
  };
  const slice = (name: string, from: number, to: number) => {
    const file = fileOf(name);
    const columns = columnsOf(file, name);
    return file.read(name, from * columns, to * columns);
  };
  return {
    linear: async (linear) => readLinear(fileOf(linear.tensor), linear),
    tensor: async (name) => {
      const file = fileOf(name);
      return file.read(name, 0, elementCount(file.info(name)));
    },
    rows: async (name, ids) => gatherRows(fileOf(name), name, ids),
    slice: async (name, from, to) => slice(name, from, to),
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
