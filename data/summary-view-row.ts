/** Shape of the one row of the view that counts everything. */
import { z } from 'zod';

const number = z.number();

export const summaryRow = z.strictObject({
  reported: number,
  measured: number,
  submitted: number,
  failed: number,
  models: number,
  methods: number,
  tasks: number,
  sources: number,
  with_kept: number,
  suspect: number,
});
