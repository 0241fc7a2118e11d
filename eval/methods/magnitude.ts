/** Magnitude pruning: the smallest weights of a matrix go, no data needed. */
import { defineMethod } from './method.ts';
import { pruneDeviations, pruningParts } from './pruning.ts';

export const magnitude = defineMethod({
  id: 'magnitude',
  title: 'Magnitude pruning',
  paper: { authors: 'Han et al.', year: 2015, arxiv: '1506.02626', where: '§3' },
  deviations: [
    ...pruneDeviations,
    'One shot with the same share in every matrix, as Wanda and SparseGPT compare with it; Han et al. prune and train in turn.',
  ],
  needs: 'nothing',
  ...pruningParts('magnitude'),
  quantize: async (linear, settings, { operations }) => ({
    packed: await operations.pruning.byScore('magnitude', linear, {
      ...settings,
      scope: 'matrix',
      scale: null,
    }),
    hessianLoss: null,
    notes: [],
  }),
});
