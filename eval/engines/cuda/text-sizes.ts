/** What texts take in device memory. */
import type { Architecture, Block } from '../../families/architecture.ts';
import { attentionShape } from './attention.ts';
import type { Kernels } from './kernels.ts';
import { type Dtype, ELEMENT_BYTES } from './matrix.ts';
import { PAGE_POSITIONS } from './pages.ts';
import type { TextMemoryShape } from './text-memory.ts';

/** Bytes of one page in all blocks. */
export function pageBytes({ blocks }: Architecture, dtype: Dtype): number {
  const widths = blocks.map(widthsOf).filter((width) => width !== null);
  return widths.reduce(
    (sum, { keys, values }) => sum + (keys + values) * PAGE_POSITIONS * ELEMENT_BYTES[dtype],
    0,
  );
}

/** Bytes that attention of one step needs besides, the most of all blocks. */
export function attentionScratchBytes(
  kernels: Kernels,
  { architecture, slots, maxPages }: Pick<TextMemoryShape, 'architecture' | 'slots' | 'maxPages'>,
): number {
  const out = new BigInt64Array(1);
  const sizes = architecture.blocks.map(({ mixer }) => {
    if (mixer.kind === 'selective-scan') return 0;
    const { heads, valueDim: vDim } = attentionShape(mixer, 0);
    kernels.attentionScratch({ B: slots, heads, vDim, maxPositions: maxPages * PAGE_POSITIONS, bytes: out });
    return Number(out[0]);
  });
  return Math.max(16, ...sizes);
}

/** Bytes that one text takes in a block with a selective scan. */
export function scanBytes(mixer: Extract<Block['mixer'], { kind: 'selective-scan' }>) {
  const { innerSize: C, stateSize, convolution } = mixer;
  return { history: (convolution.width - 1) * C * 4, state: C * stateSize * 4 };
}

/** Values of a position of a text; null for a block that keeps none. */
export function widthsOf({ mixer }: Block): { readonly keys: number; readonly values: number } | null {
  if (mixer.kind === 'selective-scan') return null;
  const { kvHeads, keyDim, valueDim } = attentionShape(mixer, 0);
  return { keys: kvHeads * keyDim, values: kvHeads * valueDim };
}
