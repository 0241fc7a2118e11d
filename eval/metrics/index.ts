/** Every metric, keyed by its id. */
import { acc } from './acc.ts';
import { accBefore } from './acc-before.ts';
import { accNorm } from './acc-norm.ts';
import { answerableAcc } from './answerable-acc.ts';
import { bitsPerByte } from './bits-per-byte.ts';
import { brier } from './brier.ts';
import { drop } from './drop.ts';
import { ece } from './ece.ts';
import { exactMatch } from './exact-match.ts';
import { factsFirst } from './facts-first.ts';
import { factsKept } from './facts-kept.ts';
import { factsSecond } from './facts-second.ts';
import { instructionsFollowed } from './instructions-followed.ts';
import { klNats } from './kl-nats.ts';
import type { Metric } from './metric.ts';
import { missedRefusals } from './missed-refusals.ts';
import { overRefusals } from './over-refusals.ts';
import { perplexity } from './perplexity.ts';
import { repeatedBigrams } from './repeated-bigrams.ts';
import { repeatedSentences } from './repeated-sentences.ts';
import { repeatedWords } from './repeated-words.ts';
import { stepsRight } from './steps-right.ts';
import { targetPerplexity } from './target-perplexity.ts';
import { top1Agreement } from './top1-agreement.ts';
import { wordPerplexity } from './word-perplexity.ts';
import { wrongStatements } from './wrong-statements.ts';

export const metrics = {
  acc_before: accBefore,
  answerable_acc: answerableAcc,
  brier,
  drop,
  ece,
  facts_first: factsFirst,
  facts_kept: factsKept,
  facts_second: factsSecond,
  instructions_followed: instructionsFollowed,
  missed_refusals: missedRefusals,
  over_refusals: overRefusals,
  repeated_bigrams: repeatedBigrams,
  repeated_sentences: repeatedSentences,
  repeated_words: repeatedWords,
  steps_right: stepsRight,
  wrong_statements: wrongStatements,
  acc,
  acc_norm: accNorm,
  bits_per_byte: bitsPerByte,
  exact_match: exactMatch,
  kl_nats: klNats,
  perplexity,
  target_perplexity: targetPerplexity,
  top1_agreement: top1Agreement,
  word_perplexity: wordPerplexity,
} as const satisfies Record<string, Metric>;

export type MetricId = keyof typeof metrics;
