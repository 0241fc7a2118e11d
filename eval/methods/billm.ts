/** BiLLM: signs with a second correction for the columns that matter most, and two sizes of signs for the others. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import { BLOCK } from '../math/column-loop.ts';
import { checkGroup } from '../operations/checks.ts';
import { DEFAULT_DAMPING, factorNotes, HESSIAN_DEVIATIONS, weightReason } from './binary.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  /** Columns of a block. */
  group: z.int().positive(),
  compat: z.boolean(),
  /** Share of mean(H_ii) added to the diagonal. */
  damping: z.number().min(0).max(1),
});

type Settings = z.infer<typeof settings>;

/** What its papers and LLaMA3-Quantization call it; nothing in the method can be set to other bits. */
const NOMINAL_BITS = 1.1;

export const billm = defineMethod({
  id: 'billm',
  title: 'BiLLM',
  paper: { authors: 'Huang et al.', year: 2024, arxiv: '2402.04291', where: 'Algorithms 1 and 2' },
  deviations: [
    'The paper counts 1.06 to 1.11 bits; with the bit that tells the parts of a block apart and all levels in half precision 2 + 112/G are stored and counted, 2.9 at a group of 128.',
    'Both searches look at the weights, as in the paper. The published code runs them on the salience w²/U_jj², and lets salient columns take part in the quantiles as zeros; `compat` does the same.',
    'What a block loses is given to later blocks by least squares, E·U_bb = W_b − Ŵ_b. The paper and its code divide by the diagonal of U_bb alone, which is that only without correlations inside the block; `compat` does the same.',
    'A weight equal to its mean becomes mean + distance; the published sign of 0 is 0, a third level that no bit can store.',
    'Levels are rounded to half precision before signs are chosen, the two means of salient columns after they are added up.',
    ...HESSIAN_DEVIATIONS,
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, ['trueSequential', 'damping', 'compat']);
    if (unknown !== null) return unknown;
    const { weights } = recipe;
    if (weights !== null && weights.bits !== NOMINAL_BITS) {
      return `nothing in BiLLM can be set to ${weights.bits} bits; its papers count ${NOMINAL_BITS}, so write billm-w${NOMINAL_BITS}g128`;
    }
    if (weights?.group === -1) {
      return `BiLLM works in blocks of columns, and the recipe gives none; write billm-w${NOMINAL_BITS}g128`;
    }
    if (weights?.group === 1) return 'a block of one column has nothing to split';
    if ((weights?.group ?? 0) > BLOCK) {
      return `blocks of ${weights?.group} columns are not supported; 2 to ${BLOCK} are, and its papers use ${BLOCK}`;
    }
    return weightReason(recipe);
  },
  fromRecipe: ({ weights, compat, damping }): Settings =>
    settings.parse({ group: weights?.group, compat, damping: damping ?? DEFAULT_DAMPING }),
  check: (linear, { group }) => void checkGroup('billm', linear, group),
  async quantize(linear, settings, { statistics: hessian, operations }) {
    if (hessian.K !== linear.K) throw methodErrors.hessianShape('billm', linear.name, linear.K, hessian.K);
    checkGroup('billm', linear, settings.group);
    const factor = await hessian.factor(settings.damping, false);
    const { packed, loss } = await operations.binarizeBlocks('billm', linear, settings, factor);
    const notes = factorNotes(linear.name, settings.damping, factor);
    // The published errors are no least-squares answer, so their squares are not the loss.
    return { packed, hessianLoss: settings.compat ? null : loss, notes };
  },
});
