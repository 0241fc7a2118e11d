/** PB-LLM: a sign for most weights, 8 bits for the most salient ones, and GPTQ's error feedback over both. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import { checkGroup } from '../operations/checks.ts';
import { DEFAULT_DAMPING, factorNotes, HESSIAN_DEVIATIONS, weightReason } from './binary.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  /** Share of the weights that become signs. */
  share: z.number().min(0).max(1),
  /** Input columns whose weights compete with each other and share levels; −1: all. */
  group: z.union([z.literal(-1), z.int().positive()]),
  salience: z.enum(['hessian', 'magnitude']),
  compat: z.boolean(),
  /** Share of mean(H_ii) added to the diagonal. */
  damping: z.number().min(0).max(1),
});

type Settings = z.infer<typeof settings>;

/** The variant that ranks weights by |w|. */
const MAGNITUDE = 'magnitude';

export const pbLlm = defineMethod({
  id: 'pb-llm',
  title: 'PB-LLM',
  paper: {
    authors: 'Shang et al.',
    year: 2023,
    arxiv: '2310.00034',
    where: '§3.2–3.3 and the code of GPTQ-PB',
  },
  deviations: [
    'The bits of a recipe are the paper’s (1 − s)·1 + s·8, so 1.7, 2 and 2.7 stand for s = 10 %, 1/7 and 24.3 % of the weights at 8 bits; the bit that tells the two apart and all levels are stored and counted on top.',
    'The levels of the signs come from the binarized weights alone, as in the paper. The published code counts the others as zeros in both means, which its author remarks on; `compat` does the same.',
    'Weights as salient as the last binarized one are binarized too; the published code compares with the next in line.',
    'A weight equal to the mean of its group becomes mean + deviation; the published sign of 0 is 0, a third level that no bit can store.',
    'Levels and scales are rounded to half precision before signs and codes are chosen, so the stored model is the evaluated one.',
    'The quantization-aware training of the paper is not done.',
    ...HESSIAN_DEVIATIONS,
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, ['trueSequential', 'damping', 'compat', 'variant']);
    if (unknown !== null) return unknown;
    const bits = recipe.weights?.bits ?? 1;
    if (bits < 1 || bits > 8) return `${bits} bits are not a mix of 1 and 8; 1 to 8 are possible`;
    if (recipe.variant !== null && recipe.variant !== MAGNITUDE) {
      return `it has no variant "${recipe.variant}"; @${MAGNITUDE} ranks weights by magnitude instead of by the Hessian`;
    }
    return weightReason(recipe);
  },
  fromRecipe: ({ weights, variant, compat, damping }): Settings =>
    settings.parse({
      share: (8 - (weights?.bits ?? 8)) / 7,
      group: weights?.group,
      salience: variant === MAGNITUDE ? 'magnitude' : 'hessian',
      compat,
      damping: damping ?? DEFAULT_DAMPING,
    }),
  check: (linear, { group }) => void checkGroup('pb-llm', linear, group),
  async quantize(linear, settings, { statistics: hessian, operations }) {
    if (hessian.K !== linear.K) throw methodErrors.hessianShape('pb-llm', linear.name, linear.K, hessian.K);
    checkGroup('pb-llm', linear, settings.group);
    const factor = await hessian.factor(settings.damping, false);
    const { packed, loss } = await operations.binarizePartly('pb-llm', linear, settings, factor);
    return { packed, hessianLoss: loss, notes: factorNotes(linear.name, settings.damping, factor) };
  },
});
