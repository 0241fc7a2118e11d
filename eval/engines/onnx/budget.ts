/** Divides the workspace: how much of what may be in memory at one time. */
import type { Architecture } from '../../families/architecture.ts';
import type { TileLimits } from '../tiles.ts';
import type { HeadLimits } from './head.ts';

// Enough rows that a matrix product runs at full speed, few enough that scores and feed-forward values stay small.
const MAX_TILE_ROWS = 256;
/** Tokens of a chunk, unless one sequence is longer. */
export const CHUNK_TOKENS = 2048;
/** Scores exist as products, as masked values and as shares. */
const SCORE_COPIES = 3;
/** Logits and what is computed from them. */
const LOGIT_COPIES = 2;
const FLOAT = Float32Array.BYTES_PER_ELEMENT;

export interface Budget {
  /** Tokens whose hidden states travel together. */
  readonly batchTokens: number;
  readonly tiles: (heads: number) => TileLimits;
  readonly head: HeadLimits;
  /** Bytes of what blocks remember, keys and values say, while generating. */
  readonly stateBytes: number;
}

/** Half of the workspace goes to hidden states or what generation remembers, a quarter to scores, a quarter to the head. */
export function divideWorkspace({ hiddenSize, vocabSize }: Architecture, workspaceBytes: number): Budget {
  const [half, quarter] = [workspaceBytes / 2, workspaceBytes / 4];
  const vocabularyTile = clamp(quarter / 2 / (hiddenSize * FLOAT), 256, vocabSize);
  return {
    batchTokens: Math.max(1, Math.floor(half / (hiddenSize * FLOAT))),
    tiles: (heads) => ({
      maxQueries: MAX_TILE_ROWS,
      maxScores: Math.floor(quarter / (heads * SCORE_COPIES * FLOAT)),
    }),
    head: {
      vocabularyTile,
      rowTile: clamp(quarter / 2 / (vocabularyTile * LOGIT_COPIES * FLOAT), 1, MAX_TILE_ROWS),
    },
    stateBytes: half,
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.floor(value)));
}
