/** Feeds graphs with weights: which parts of a description are which inputs. */
import type { Linear, Norm, Norms } from '../../families/architecture.ts';
import { takeRows, type WeightSource } from '../../weights.ts';
import type { Feed, Feeds, Program } from './runtime.ts';

/** A tensor that is neither a linear nor a norm. */
export interface PlainTensor {
  readonly tensor: string;
  readonly dims: readonly number[];
}

/**
 * Parts of a description by the names under which their weights enter a graph; a bias enters as `name.bias`.
 * Null stands for a part that a model does not have.
 */
export type WeightTable = Readonly<Record<string, Linear | Norm | PlainTensor | null>>;

/** The graph names of norms around a mixer or feed-forward: `mixer.before`, `mixer.output`, `mixer.after`. */
export function normTable(prefix: string, { before, output, after }: Norms): WeightTable {
  return { [`${prefix}.before`]: before, [`${prefix}.output`]: output, [`${prefix}.after`]: after };
}

/** Reads what a program asks for; a table may hold more than that. */
export async function feedWeights(
  program: Program,
  table: WeightTable,
  weights: WeightSource,
): Promise<Feeds> {
  const feeds: Record<string, Feed> = {};
  for (const [name, part] of Object.entries(table)) {
    if (part === null || !program.inputs.includes(name)) continue;
    if ('inFeatures' in part) {
      const { inFeatures, outFeatures, bias, rows } = part;
      feeds[name] = { data: await weights.linear(part), dims: [outFeatures, inFeatures] };
      if (bias === undefined) continue;
      const data = takeRows(await weights.tensor(bias), rows, outFeatures, 1);
      feeds[`${name}.bias`] = { data, dims: [outFeatures] };
    } else if ('dims' in part) {
      feeds[name] = { data: await weights.tensor(part.tensor), dims: part.dims };
    } else {
      feeds[name] = await vector(weights, part.tensor);
      if (part.kind === 'layer' && part.bias !== null)
        feeds[`${name}.bias`] = await vector(weights, part.bias);
    }
  }
  return feeds;
}

async function vector(weights: WeightSource, tensor: string): Promise<Feed> {
  const data = await weights.tensor(tensor);
  return { data, dims: [data.length] };
}
