/** The converters of `pnpm submission new --from`. */
import type { Converter } from './converter.ts';
import { llamaCpp } from './llama-cpp.ts';
import { lmEval } from './lm-eval.ts';
import { optimum } from './optimum.ts';

export const converters: Readonly<Record<string, Converter>> = {
  'lm-eval': lmEval,
  'llama.cpp': llamaCpp,
  'optimum-benchmark': optimum,
};
