import { didYouMean } from '../../nearest.ts';
import { inert } from '../problem.ts';
import { placedCells } from './cells.ts';
import { defineRule } from './rule.ts';

export const knownModel = defineRule({
  id: 'known-model',
  demands:
    'The model is in data/models.json, of the family and size that stand there, and all cells are of it.',
  severity: 'refused',
  *check(submission, { catalogues }) {
    const described = new Set(submission.run.run.models.map(({ id }) => id));
    for (const [index, { id, family, params }] of submission.run.run.models.entries()) {
      const path = ['run', 'models', index] as const;
      const known = catalogues.models.get(id);
      if (known === undefined)
        yield {
          path: [...path, 'id'],
          found: inert(id),
          fix: `${didYouMean(id, [...catalogues.models.keys()])} Add a new model to data/models.json.`.trim(),
        };
      else if (known.family !== family)
        yield {
          path: [...path, 'family'],
          found: inert(family),
          fix: `In data/models.json the family of ${id} is ${known.family}.`,
        };
      // Catalogues of released models round to a few digits, and count tied weights once or twice.
      else if (known.params_b !== null && Math.abs(params / (known.params_b * 1e9) - 1) > 0.25)
        yield {
          path: [...path, 'params'],
          found: `${params} parameters`,
          fix: `In data/models.json ${id} has ${known.params_b} · 10⁹; check the weights.`,
        };
    }
    const foreign = placedCells(submission).find(({ cell }) => !described.has(cell.model));
    if (foreign !== undefined)
      yield {
        path: foreign.path,
        found: inert(foreign.cell.model),
        fix: 'Cells are of the model in run.models.',
      };
  },
});
