/** Compares what a checkpoint holds with what its config asks for. */
import { checkpointErrors as errors } from '../errors/checkpoint.ts';
import type { Architecture } from '../families/architecture.ts';
import { expectedTensors } from './expected-tensors.ts';
import { elementCount } from './safetensors.ts';
import type { WeightFiles } from './weight-files.ts';

const READABLE = ['F32', 'F16', 'BF16'];
/** Values compared at once. */
const PIECE = 1 << 20;

/** Tables that older versions of transformers stored and that follow from the config. */
const DERIVED = [
  /\.rotary_(pos_)?emb\.(inv_freq|cos_cached|sin_cached)$/,
  // Causal masks, and the score of what they hide.
  /\.attention\.(bias|masked_bias)$/,
];

/**
 * What a tensor of the description is called in the files. A checkpoint that was saved from the bare model leaves out
 * the first part of its names: `h.0.…` for `transformer.h.0.…`.
 */
export function storedNames({ embedding }: Architecture, files: WeightFiles): (tensor: string) => string {
  const prefix = embedding.tensor.slice(0, embedding.tensor.indexOf('.') + 1);
  const strip = (tensor: string) => (tensor.startsWith(prefix) ? tensor.slice(prefix.length) : tensor);
  const isBare =
    files.find(strip(embedding.tensor)) !== undefined &&
    !files.tensors.some((tensor) => tensor.startsWith(prefix));
  return isBare ? strip : (tensor) => tensor;
}

/**
 * Checks every tensor that the architecture needs, and that nothing else is there; all problems at once.
 * @throws checkpoint/tensors
 */
export async function checkTensors(
  folder: string,
  architecture: Architecture,
  files: WeightFiles,
): Promise<void> {
  const nameOf = storedNames(architecture, files);
  const expected = new Map(
    [...expectedTensors(architecture)].map(([tensor, shape]) => [nameOf(tensor), shape]),
  );
  const tiedHead = headBesideEmbedding(architecture);
  const problems = [...expected].flatMap(([name, shape]) => problemOf(files, name, shape) ?? []);
  for (const name of files.tensors) {
    if (expected.has(name) || name === tiedHead || DERIVED.some((pattern) => pattern.test(name))) continue;
    problems.push(`tensor "${name}" of shape ${shown(files, name)} has no place in the model of config.json`);
  }
  if (problems.length === 0 && tiedHead !== null && files.find(tiedHead) !== undefined) {
    const embedding = nameOf(architecture.embedding.tensor);
    if (!(await areEqual(files, tiedHead, embedding))) {
      problems.push(`tensor "${tiedHead}" differs from "${embedding}", to which config.json ties it`);
    }
  }
  if (problems.length > 0) throw errors.tensors(folder, problems);
}

function problemOf(files: WeightFiles, name: string, shape: readonly number[]): string | null {
  const info = files.find(name)?.tensors.get(name);
  if (info === undefined) return `tensor "${name}" of shape [${shape.join(', ')}] is missing`;
  if (info.shape.join() !== shape.join())
    return `tensor "${name}" has shape [${info.shape.join(', ')}], config.json says [${shape.join(', ')}]`;
  if (READABLE.includes(info.dtype)) return null;
  return `tensor "${name}" is stored as ${info.dtype}; weights are read from F32, F16 and BF16 only`;
}

/** Where the head is tied to the embedding, the name of the copy of it that some checkpoints store. */
function headBesideEmbedding({ head }: Architecture): string | null {
  const own = `${head.name}.weight`;
  return head.tensor === own ? null : own;
}

function shown(files: WeightFiles, name: string): string {
  return `[${files.find(name)!.info(name).shape.join(', ')}]`;
}

/** Compares two tensors value by value, a piece at a time. */
async function areEqual(files: WeightFiles, first: string, second: string): Promise<boolean> {
  const [a, b] = [files.find(first)!, files.find(second)!];
  if (shown(files, first) !== shown(files, second)) return false;
  const size = elementCount(a.info(first));
  for (let from = 0; from < size; from += PIECE) {
    const to = Math.min(size, from + PIECE);
    const [left, right] = [await a.read(first, from, to), await b.read(second, from, to)];
    for (let i = 0; i < left.length; i += 1) if (left[i] !== right[i]) return false;
  }
  return true;
}
