import { keptByBits } from './kept-by-bits.ts';

/** Every chart, by id. */
export const charts = {
  'kept-by-bits': keptByBits,
} as const;

export type ChartId = keyof typeof charts;
