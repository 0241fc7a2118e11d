/** Which tensors an architecture needs, with their shapes: checked against a checkpoint before anything is read. */
import type { Architecture, Linear, Norm } from '../families/architecture.ts';
import { linearsOf } from '../families/architecture.ts';

/** Shapes by tensor name. A fused tensor is as tall as the last row that a linear takes from it. */
export function expectedTensors(architecture: Architecture): ReadonlyMap<string, readonly number[]> {
  const { vocabSize, hiddenSize, embedding, blocks, finalNorm, head } = architecture;
  const shapes = new Map<string, readonly number[]>([[embedding.tensor, [vocabSize, hiddenSize]]]);
  const addNorm = ({ tensor }: Norm) => shapes.set(tensor, [hiddenSize]);
  const addLinear = ({ tensor, rows, bias, outFeatures, inFeatures }: Linear) => {
    const tallest = Math.max(shapes.get(tensor)?.[0] ?? 0, rows?.[1] ?? outFeatures);
    shapes.set(tensor, [tallest, inFeatures]);
    if (bias !== undefined) shapes.set(bias, [tallest]);
  };
  for (const block of blocks) {
    addNorm(block.mixerNorm);
    addNorm(block.feedForwardNorm);
    for (const linear of linearsOf(block)) addLinear(linear);
  }
  addNorm(finalNorm);
  addLinear(head);
  return shapes;
}

/** Parameters of the model; tied tensors count once. */
export function parameterCount(architecture: Architecture): number {
  let total = 0;
  for (const shape of expectedTensors(architecture).values())
    total += shape.reduce((product, size) => product * size, 1);
  return total;
}
