/** Every benchmark in the order in which they run: those of one model side by side. */
import type { Bench } from '../bench.ts';
import { binary } from './binary.ts';
import { choices } from './choices.ts';
import { dataFree } from './data-free.ts';
import { decode } from './decode.ts';
import { gptq } from './gptq.ts';
import { gptqFiles } from './gptq-files.ts';
import { operations } from './operations.ts';
import { parallel } from './parallel.ts';
import { perplexity } from './perplexity.ts';
import { pruning } from './pruning.ts';
import { quip } from './quip.ts';
import { awq, smoothquant } from './rescaling.ts';
import { rtn } from './rtn.ts';
import { scoring } from './scoring.ts';
import { streamed } from './streamed.ts';

export const benches: readonly Bench[] = [
  scoring,
  choices,
  perplexity,
  decode,
  gptq,
  pruning,
  rtn,
  awq,
  smoothquant,
  quip,
  binary,
  parallel,
  dataFree,
  streamed,
  operations,
  gptqFiles,
];
