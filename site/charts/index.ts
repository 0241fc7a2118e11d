import { keptByBits } from './kept-by-bits.ts';
import { lossBySize } from './loss-by-size.ts';
import { methodAgainstPlain } from './method-against-plain.ts';
import { methodByBits } from './method-by-bits.ts';
import { outliersAndLoss } from './outliers-and-loss.ts';
import { tensorStatistics } from './tensor-statistics.ts';

/** Every chart, by id. */
export const charts = {
  'kept-by-bits': keptByBits,
  'method-by-bits': methodByBits,
  'method-against-plain': methodAgainstPlain,
  'loss-by-size': lossBySize,
  'tensor-statistics': tensorStatistics,
  'outliers-and-loss': outliersAndLoss,
} as const;

export type ChartId = keyof typeof charts;
