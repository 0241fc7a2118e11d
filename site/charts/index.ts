import { keptByBits } from './kept-by-bits.ts';
import { lossBySize } from './loss-by-size.ts';
import { methodByBits } from './method-by-bits.ts';

/** Every chart, by id. */
export const charts = {
  'kept-by-bits': keptByBits,
  'method-by-bits': methodByBits,
  'loss-by-size': lossBySize,
} as const;

export type ChartId = keyof typeof charts;
