/** What is said of the texts, in words: the same for recorded lanes (at build time) and live ones. */
import { bitsText, intervalText, keptText, NONE, percent, valueText } from '../lib/format.ts';
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
  { id: 'kl', title: 'KL from 16 bit, nats' },
  { id: 'repetition', title: 'Repeats itself' },
  { id: 'perplexity', title: 'Perplexity of the sentence' },
  { id: 'bits', title: 'Bits a weight' },
  { id: 'size', title: 'Whole model' },
] as const;

export type FactId = (typeof FACTS)[number]['id'];

export function laneFacts(lane: LaneMeasures, isFirst: boolean): Readonly<Record<FactId, string>> {
  const { bitsPerWeight, sizeBytes, sameChoice, klNats, repetition, perplexity } = lane;
  return {
    departs: isFirst ? NONE : departsText(lane.differs),
    differs: isFirst ? NONE : `${count(lane.differs)} of ${lane.differs.length}`,
    same: isFirst ? NONE : percent(sameChoice),
    kl: isFirst ? NONE : Math.abs(klNats).toFixed(klNats < 0.1 ? 3 : 2),
    repetition: percent(repetition),
    perplexity: perplexity === null ? NONE : perplexity.toFixed(perplexity < 100 ? 2 : 0),
    bits: bitsText(bitsPerWeight),
    size: megabytes(sizeBytes),
  };
}

export function boardText({ recipe, kept, keptHalf }: OfferedLane): string {
  if (recipe === 'fp16') return 'the baseline';
  if (kept === null) return 'not measured';
  const interval = keptHalf === null ? '' : ` ${intervalText(-keptHalf, keptHalf)}`;
  return `${keptText(kept)}${interval}`;
}

export function boardPerplexity({ perplexity }: OfferedLane): string {
  return perplexity === null ? 'not measured' : valueText(perplexity, 'perplexity');
}

/** What breaks, in one sentence on the texts and one on the board; a lane for each of `offered`, the first at 16 bit. */
export function findingText(
  offered: readonly Pick<OfferedLane, 'title' | 'kept'>[],
  differs: readonly (readonly boolean[])[],
): string {
  const others = offered.slice(1);
  const changed = others.map(({ title }, i) => `${title} changes ${amount(differs[i + 1])}`);
  const texts = `Of ${differs[0].length} tokens, ${listed(changed)}.`;
  const kept = others.flatMap((lane) => (lane.kept === null ? [] : [wholePercent(lane.kept)]));
  if (kept.length < others.length) return texts;
  return `${texts} Over whole tasks they keep ${listed(kept)} of the model.`;
}

/** `4.0 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const ENDING = 40;

/** The end of a prompt, to which its continuation is joined. */
export function leadOf(prompt: string): string {
  const line = prompt.slice(prompt.lastIndexOf('\n') + 1);
  return line.length <= ENDING ? line : `…${line.slice(-ENDING)}`;
}

/** A prompt in one line. */
export const lineOf = (prompt: string): string => prompt.replaceAll('\n', ' ↵ ');

function departsText(differs: readonly boolean[]): string {
  const first = differs.indexOf(true);
  if (first === -1) return 'nowhere';
  return `at token ${first + 1}`;
}

function amount(differs: readonly boolean[]): string {
  const changed = count(differs);
  if (changed === 0) return 'none';
  return changed === differs.length ? 'all' : String(changed);
}

const count = (differs: readonly boolean[]): number => differs.filter(Boolean).length;

const wholePercent = (share: number): string => `${Math.round(Math.max(0, share) * 100)} %`;

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
