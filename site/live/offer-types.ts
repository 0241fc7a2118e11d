/** What the build tells the script of the page, as JSON in the page. */
import type { LoadedFile } from '../../eval/live/messages.ts';

export interface OfferedLane {
  readonly recipe: string;
  readonly bits: number;
  /** Measured on the board; null where it is not, and for the model at 16 bit. */
  readonly kept: number | null;
  readonly keptHalf: number | null;
  /** Where its numbers are. */
  readonly board: string;
}

export interface OfferedModel {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly sentence: string;
  readonly examples: readonly { readonly title: string; readonly prompt: string }[];
  readonly description: LoadedFile;
  readonly weights: LoadedFile;
  /** By method: 16 bit, then falling. */
  readonly lanes: Readonly<Record<string, readonly OfferedLane[]>>;
}

export interface Offer {
  readonly runtime: LoadedFile;
  readonly methods: readonly { readonly id: string; readonly title: string }[];
  /** The first is shown at first. */
  readonly models: readonly OfferedModel[];
}
