/** What a page and the worker that runs the model tell each other. */
import type { ComparisonRequest, LaneResult, Written } from './comparison.ts';

export type { ComparisonRequest, LaneResult, Written } from './comparison.ts';

/** A file to load, gzipped or not. */
export interface LoadedFile {
  readonly url: string;
  /** As sent, for the progress that is shown. */
  readonly bytes: number;
  /** Of the content, unpacked. */
  readonly sha256: string;
}

/** Where a model's files are. `description` is JSON: config, tokenizer, tokenizerOptions. */
export interface LiveFiles {
  readonly name: string;
  readonly runtime: LoadedFile;
  readonly description: LoadedFile;
  readonly weights: LoadedFile;
  /** Codes made in advance, by recipe: of those that the request names. */
  readonly packed: Readonly<Record<string, LoadedFile>>;
}

export type ToWorker =
  | {
      readonly kind: 'run';
      readonly files: LiveFiles;
      readonly request: ComparisonRequest;
    }
  | { readonly kind: 'stop' };

export type FromWorker =
  /** Bytes that have come, of all that have to. */
  | { readonly kind: 'loading'; readonly done: number; readonly total: number }
  /** Addresses of files that need not be loaded again. */
  | { readonly kind: 'loaded'; readonly urls: readonly string[] }
  /** The model is being compressed, and the graphs compiled. */
  | { readonly kind: 'preparing' }
  /** Texts that are longer than when they were last sent. */
  | { readonly kind: 'written'; readonly lanes: Readonly<Record<number, Written>> }
  | {
      readonly kind: 'finished';
      readonly results: readonly LaneResult[];
      readonly tokensPerSecond: number;
      readonly isStopped: boolean;
    }
  /** `message` is for the reader. */
  | { readonly kind: 'failed'; readonly message: string };
