/** DB-LLM, calibrated: two-bit weights as two binaries, whose levels are fitted to the inputs instead of trained. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import { checkGroup } from '../operations/checks.ts';
import { DEFAULT_DAMPING, factorNotes, HESSIAN_DEVIATIONS, weightReason } from './binary.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  /** Input columns that share two levels; −1: the whole row. */
  group: z.union([z.literal(-1), z.int().positive()]),
  /** Share of mean(H_ii) added to the diagonal. */
  damping: z.number().min(0).max(1),
});

type Settings = z.infer<typeof settings>;

const BITS = 2;

export const dbLlm = defineMethod({
  id: 'db-llm',
  title: 'DB-LLM',
  paper: {
    authors: 'Chen et al.',
    year: 2024,
    arxiv: '2402.11960',
    where: '§3.1, without the training of §3.2',
  },
  deviations: [
    'The paper trains the levels by distillation from the full model, and its code was never released. Here they are fitted to each group by alternating least squares, weighted by the diagonal of the Hessian, and errors are fed back as in GPTQ; nothing is trained, so its published numbers are not to be expected.',
    'The two levels are kept in half precision and counted: 2 + 32/G bits, 2.25 at a group of 128.',
    ...HESSIAN_DEVIATIONS,
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, ['trueSequential', 'damping']);
    if (unknown !== null) return unknown;
    const bits = recipe.weights?.bits ?? BITS;
    if (bits !== BITS) return `two binaries are ${BITS} bits, not ${bits}`;
    return weightReason(recipe);
  },
  fromRecipe: ({ weights, damping }): Settings =>
    settings.parse({ group: weights?.group, damping: damping ?? DEFAULT_DAMPING }),
  check: (linear, { group }) => void checkGroup('db-llm', linear, group),
  async quantize(linear, { group, damping }, { statistics: hessian, operations }) {
    const { name, K } = linear;
    if (hessian.K !== K) throw methodErrors.hessianShape('db-llm', name, K, hessian.K);
    checkGroup('db-llm', linear, group);
    const factor = await hessian.factor(damping, false);
    const importance = importanceOf(await hessian.diagonal(), damping, factor.state === 'found');
    const { packed, loss } = await operations.binarizeTwice('db-llm', linear, { group, importance }, factor);
    return {
      packed,
      hessianLoss: loss,
      notes: factorNotes(name, damping, factor, 'no error is fed back'),
    };
  },
});

/** H_kk with its damping, so that no column counts for nothing; ones where H has no factor. */
function importanceOf(diagonal: Float64Array, damping: number, isKnown: boolean): Float64Array {
  if (!isKnown) return diagonal.map(() => 1);
  const mean = diagonal.reduce((sum, value) => sum + value, 0) / diagonal.length;
  return diagonal.map((value) => value + Math.max(damping, 1e-6) * mean);
}
