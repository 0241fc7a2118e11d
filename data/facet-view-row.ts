/** Shape of the rows of the view `facet`. */
import { z } from 'zod';

export const facetRow = z.strictObject({
  facet: z.string(),
  value: z.string(),
  label: z.string(),
  n: z.number(),
});
