import { abilityDots } from './ability-dots.ts';
import { familyCurves } from './family-curves.ts';
import { keptByBits } from './kept-by-bits.ts';
import { lossBySize } from './loss-by-size.ts';
import { memoryFront } from './memory-front.ts';
import { memoryFrontReported } from './memory-front-reported.ts';
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
  'family-curves': familyCurves,
  'ability-dots': abilityDots,
  'memory-front': memoryFront,
  'memory-front-reported': memoryFrontReported,
  'tensor-statistics': tensorStatistics,
  'outliers-and-loss': outliersAndLoss,
} as const;

export type ChartId = keyof typeof charts;
