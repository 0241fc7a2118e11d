/** What the build tells the script of the page, as JSON in the page. */
import type { LoadedFile } from '../../eval/live/messages.ts';

export interface OfferedLane {
  readonly recipe: string;
  /** `16 bit`, `RTN 3 bit`. */
  readonly title: string;
  /** Measured on the board; null where it is not, and for the model at 16 bit. */
  readonly kept: number | null;
  readonly keptHalf: number | null;
  /** On running text, measured on the board. */
  readonly perplexity: number | null;
  /** Where its numbers are. */
  readonly board: string;
  /** Codes made in advance; null where the browser makes them. */
  readonly packed: LoadedFile | null;
}

export interface OfferedModel {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly sentence: string;
  readonly examples: readonly { readonly title: string; readonly prompt: string }[];
  readonly description: LoadedFile;
  readonly weights: LoadedFile;
  /** Title of the task whose perplexity the lanes have; null where none was measured. */
  readonly readTask: string | null;
  /** By recipe. */
  readonly lanes: Readonly<Record<string, OfferedLane>>;
}

/** Four recipes that write side by side; the first is the model at 16 bit. */
export interface Comparison {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly recipes: readonly string[];
}

export interface Offer {
  readonly runtime: LoadedFile;
  /** The first is shown at first, on the first model. */
  readonly comparisons: readonly Comparison[];
  readonly models: readonly OfferedModel[];
}

/** The lanes of a comparison; null where the model lacks one of them. */
export function lanesOf({ lanes }: OfferedModel, { recipes }: Comparison): readonly OfferedLane[] | null {
  const found = recipes.flatMap((recipe) => lanes[recipe] ?? []);
  return found.length === recipes.length ? found : null;
}
