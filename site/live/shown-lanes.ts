/** Recorded lanes as they are shown, each with what is offered of its recipe. */
import type { RecordedLane } from '../../data/live/schema.ts';
import { type FactId, laneFacts } from './lane-text.ts';
import type { OfferedLane } from './offer-types.ts';

export interface ShownLane {
  readonly offered: OfferedLane;
  /** What each token adds, and whether it is another than at 16 bit. */
  readonly pieces: readonly { readonly piece: string; readonly isOther: boolean }[];
  readonly differs: readonly boolean[];
  readonly facts: Readonly<Record<FactId, string>>;
}

/** @param recorded  of one prompt, with a lane for each of `offered`; the first is the model at 16 bit */
export function shownLanes(
  recorded: readonly RecordedLane[],
  offered: readonly OfferedLane[],
): readonly ShownLane[] {
  const [first] = recorded;
  return offered.map((one, i) => {
    const lane = recorded.find(({ recipe }) => recipe === one.recipe)!;
    const differs = lane.tokens.map((token, at) => token !== first!.tokens[at]);
    const measured = {
      differs,
      bitsPerWeight: lane.bits_per_weight,
      sizeBytes: lane.size_bytes,
      sameChoice: lane.same_choice,
      klNats: lane.kl_nats,
      repetition: lane.repetition,
      perplexity: lane.perplexity,
    };
    const pieces = lane.pieces.map((piece, at) => ({ piece, isOther: differs[at]! }));
    return { offered: one, pieces, differs, facts: laneFacts(measured, i === 0) };
  });
}
