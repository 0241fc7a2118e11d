/** Which tensors an architecture needs, with their shapes: checked against a checkpoint before anything is read. */
import type { Architecture, Block, Linear, Mixer, Norm } from '../families/architecture.ts';
import { linearsOf, routersOf } from '../families/linears.ts';
import { rowRanges } from '../weights.ts';

type Shapes = Map<string, readonly number[]>;

/** Shapes by tensor name. A fused tensor is as tall as the last row that a linear takes from it. */
export function expectedTensors(architecture: Architecture): ReadonlyMap<string, readonly number[]> {
  const { vocabSize, hiddenSize, maxPositions, embedding, blocks, finalNorm, headProjection, head } =
    architecture;
  const embeddingSize = embedding.projection?.inFeatures ?? hiddenSize;
  const shapes: Shapes = new Map([[embedding.tensor, [vocabSize, embeddingSize]]]);
  const { positions } = embedding;
  if (positions !== null) shapes.set(positions.tensor, [positions.offset + maxPositions, hiddenSize]);
  if (embedding.projection !== null) addLinear(shapes, embedding.projection);
  addNorm(shapes, embedding.norm, hiddenSize);
  for (const block of blocks) {
    for (const linear of [...linearsOf(block), ...routersOf(block)]) addLinear(shapes, linear);
    for (const [name, shape] of otherTensors(block, hiddenSize)) shapes.set(name, shape);
  }
  addNorm(shapes, finalNorm, hiddenSize);
  if (headProjection !== null) addLinear(shapes, headProjection);
  addLinear(shapes, head);
  return shapes;
}

/** Shapes of what a block has besides weights and biases of linears. */
export function otherTensors(block: Block, hiddenSize: number): ReadonlyMap<string, readonly number[]> {
  const shapes: Shapes = new Map();
  for (const norms of [block.mixerNorms, block.feedForwardNorms]) {
    for (const norm of [norms.before, norms.output, norms.after]) addNorm(shapes, norm, hiddenSize);
  }
  addMixer(shapes, block.mixer);
  return shapes;
}

/** Parameters of the model; tied tensors count once. */
export function parameterCount(architecture: Architecture): number {
  let total = 0;
  for (const shape of expectedTensors(architecture).values())
    total += shape.reduce((product, size) => product * size, 1);
  return total;
}

function addLinear(shapes: Shapes, { tensor, rows, bias, outFeatures, inFeatures }: Linear): void {
  const tallest = Math.max(shapes.get(tensor)?.[0] ?? 0, ...rowRanges(rows, outFeatures).at(-1)!);
  shapes.set(tensor, [tallest, inFeatures]);
  if (bias !== undefined) shapes.set(bias, [tallest]);
}

function addNorm(shapes: Shapes, norm: Norm | null, size: number): void {
  if (norm === null) return;
  shapes.set(norm.tensor, [size]);
  if (norm.kind === 'layer' && norm.bias !== null) shapes.set(norm.bias, [size]);
}

function addMixer(shapes: Shapes, mixer: Mixer): void {
  switch (mixer.kind) {
    case 'attention': {
      const { queryKeyNorm: norms, headDim, heads, kvHeads } = mixer;
      if (norms === null) return;
      const [forQueries, forKeys] = norms.over === 'head' ? [1, 1] : [heads, kvHeads];
      addNorm(shapes, norms.q, forQueries * headDim);
      addNorm(shapes, norms.k, forKeys * headDim);
      return;
    }
    case 'latent-attention':
      addNorm(shapes, mixer.kvNorm, mixer.latentSize);
      if (mixer.query.kind === 'latent') addNorm(shapes, mixer.query.norm, mixer.query.down.outFeatures);
      return;
    case 'selective-scan': {
      const { innerSize, stateSize, convolution, logDecay, skip } = mixer;
      shapes.set(convolution.tensor, [innerSize, 1, convolution.width]);
      if (convolution.bias !== null) shapes.set(convolution.bias, [innerSize]);
      shapes.set(logDecay, [innerSize, stateSize]).set(skip, [innerSize]);
    }
  }
}
