/** QuaRot with weights rounded to nearest in the rotated basis: no data needed. */
import { withInputRotation } from '../formats/input-rotation.ts';
import { ROTATION_SEED } from '../math/rotation.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod } from './method.ts';
import { quarot, rotatedGrid, rotatedPrecision, rotationReason } from './quarot.ts';
import { gridFromRecipe, gridSettings } from './rtn.ts';

export const quarotRtn = defineMethod({
  id: 'quarot-rtn',
  title: 'QuaRot, weights rounded to nearest',
  paper: { authors: 'Ashkboos et al.', year: 2024, arxiv: '2404.00456', where: '§5, QuaRot-RTN' },
  deviations: quarot.deviations,
  needs: 'nothing',
  settings: gridSettings,
  supports: (recipe) => rotationReason(recipe, ['mse']),
  fromRecipe: (recipe) => gridFromRecipe(rotatedGrid(recipe)),
  precision: rotatedPrecision,
  check: (linear, { group }) => void checkGroup('quarot-rtn', linear, group),
  async quantize(linear, settings, { operations }) {
    const turned = await operations.rotate('quarot-rtn', linear, ROTATION_SEED);
    const packed = await operations.roundToNearest('quarot-rtn', turned, settings);
    return { packed: withInputRotation(packed, ROTATION_SEED), hessianLoss: null, notes: [] };
  },
});
