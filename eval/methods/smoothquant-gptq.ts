/** SmoothQuant with weights rounded by GPTQ: the Hessian is that of the smoothed inputs. */
import { z } from 'zod';
import { checkGroup } from '../operations/checks.ts';
import { gptq } from './gptq.ts';
import { defineMethod } from './method.ts';
import { GRID_SETTINGS } from './rtn.ts';
import { unknownSettings } from './settings.ts';
import { alphaReason, alphaSetting, smooth, smoothDeviations, smoothquant } from './smoothquant.ts';

export const smoothquantGptq = defineMethod({
  id: 'smoothquant-gptq',
  title: 'SmoothQuant with GPTQ weights',
  paper: smoothquant.paper,
  deviations: [
    'The paper rounds weights to nearest; here GPTQ rounds the smoothed ones, on the inputs as they are smoothed.',
    ...smoothDeviations,
    ...gptq.deviations,
  ],
  needs: 'inputs',
  settings: z.strictObject({ weights: gptq.settings, alpha: alphaSetting }),
  supports(recipe) {
    const known = [...GRID_SETTINGS, 'actOrder', 'staticGroups', 'damping', 'alpha'] as const;
    return unknownSettings(recipe, known) ?? alphaReason(recipe) ?? gptq.supports({ ...recipe, alpha: null });
  },
  fromRecipe: (recipe) => ({ weights: gptq.fromRecipe(recipe), alpha: recipe.alpha }),
  check: (linear, { weights: { group } }) => void checkGroup('smoothquant-gptq', linear, group),
  rescale(input, { alpha }, context) {
    const readers = input.readers.map(({ linears, statistics }) => ({
      linears,
      statistics: statistics.channels,
    }));
    return smooth({ ...input, readers }, alpha, context);
  },
  quantize: (linear, { weights }, context) =>
    gptq.quantize(linear, weights, { ...context, statistics: context.statistics.hessian }),
});
