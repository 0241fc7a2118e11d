/** What stands beside a text, in words: the same for recorded lanes (at build time) and live ones. */
import { bitsText, intervalText, keptText, NONE, percent } from '../lib/format.ts';
import type { OfferedLane } from './offer-types.ts';

export interface LaneMeasures {
  readonly bitsPerWeight: number;
  readonly sizeBytes: number;
  readonly differs: readonly boolean[];
  readonly sameChoice: number;
  readonly klNats: number;
  readonly repetition: number;
  readonly perplexity: number | null;
}

/** Names of the facts, in the order in which they are shown. */
export const FACTS = [
  { id: 'departs', title: 'Leaves the 16-bit text' },
  { id: 'differs', title: 'Tokens that differ' },
  { id: 'same', title: 'Would choose as 16 bit' },
  { id: 'kl', title: 'KL from 16 bit' },
  { id: 'repetition', title: 'Repeats itself' },
  { id: 'perplexity', title: 'Perplexity of the sentence' },
  { id: 'size', title: 'Bits a weight, model' },
] as const;

export type FactId = (typeof FACTS)[number]['id'];

export function laneFacts(lane: LaneMeasures, isFirst: boolean): Readonly<Record<FactId, string>> {
  const { bitsPerWeight, sizeBytes, sameChoice, klNats, repetition, perplexity } = lane;
  return {
    departs: isFirst ? NONE : departsText(lane.differs),
    differs: isFirst ? NONE : `${lane.differs.filter(Boolean).length} of ${lane.differs.length}`,
    same: isFirst ? NONE : percent(sameChoice),
    kl: isFirst ? NONE : `${Math.abs(klNats).toFixed(klNats < 0.1 ? 3 : 2)} nats`,
    repetition: percent(repetition),
    perplexity: perplexity === null ? NONE : perplexity.toFixed(perplexity < 100 ? 2 : 0),
    size: `${bitsText(bitsPerWeight)}, ${megabytes(sizeBytes)}`,
  };
}

export function departsText(differs: readonly boolean[]): string {
  const first = differs.indexOf(true);
  if (first === -1) return 'nowhere';
  return `at token ${first + 1}`;
}

export function boardText({ recipe, kept, keptHalf }: OfferedLane): string {
  if (recipe === 'fp16') return 'the baseline';
  if (kept === null) return 'not measured';
  const interval = keptHalf === null ? '' : ` ${intervalText(-keptHalf, keptHalf)}`;
  return `${keptText(kept)} kept${interval}`;
}

/** `4.0 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
