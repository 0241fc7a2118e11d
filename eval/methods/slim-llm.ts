/** SliM-LLM: GPTQ with a bit more for the groups of columns that matter most and a bit fewer for as many others. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import { checkGroup } from '../operations/checks.ts';
import { DEFAULT_DAMPING, factorNotes, HESSIAN_DEVIATIONS, weightReason } from './binary.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  /** Average bits. */
  bits: z.int().min(2).max(7),
  /** Columns of a group. */
  group: z.int().positive(),
  /** Share of mean(H_ii) added to the diagonal. */
  damping: z.number().min(0).max(1),
});

type Settings = z.infer<typeof settings>;

const WITHOUT = 'all groups keep the average bits, and no error is fed back';

export const slimLlm = defineMethod({
  id: 'slim-llm',
  title: 'SliM-LLM',
  paper: { authors: 'Huang et al.', year: 2024, arxiv: '2405.14917', where: '§3.2–3.3' },
  deviations: [
    'The number of groups that change bits is the one with the smallest variance of the output error over the output channels, which is the KL divergence of softmaxed outputs to second order where the softmax is flat; the Hessian gives it exactly for all calibration inputs. The published code computes the divergence itself on stored inputs.',
    'No group at all may change its bits; the published code always moves at least one pair.',
    'The published search of ranges weighs salient and other weights by 1 and λ = 1, which makes no difference; all weights of a group count the same here.',
    'Without a factor of the Hessian all groups keep the average bits, which is noted.',
    'Bits of groups, means of groups of one bit, scales and zeros are stored and counted.',
    ...HESSIAN_DEVIATIONS,
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, ['trueSequential', 'damping']);
    if (unknown !== null) return unknown;
    const { weights } = recipe;
    if (weights !== null && !(Number.isInteger(weights.bits) && weights.bits >= 2 && weights.bits <= 7)) {
      return `${weights.bits} bits are not supported; 2 to 7 whole bits are, from which groups get one more or fewer`;
    }
    if (weights?.group === -1) return 'SliM-LLM gives bits to groups of columns, and the recipe has none';
    return weightReason(recipe);
  },
  fromRecipe: ({ weights, damping }): Settings =>
    settings.parse({ bits: weights?.bits, group: weights?.group, damping: damping ?? DEFAULT_DAMPING }),
  check: (linear, { group }) => void checkGroup('slim-llm', linear, group),
  async quantize(linear, { bits, group, damping }, { statistics: hessian, operations }) {
    const { name, K } = linear;
    if (hessian.K !== K) throw methodErrors.hessianShape('slim-llm', name, K, hessian.K);
    checkGroup('slim-llm', linear, group);
    const factor = await hessian.factor(damping, false);
    const rule = { bits, group };
    const { packed, loss } = await operations.roundMixed('slim-llm', linear, rule, hessian, factor);
    return { packed, hessianLoss: loss, notes: factorNotes(name, damping, factor, WITHOUT) };
  },
});
