/** Reads prompts in one packed pass: keys, values and states of scans go to the memory of the texts. */
import { packSequences } from '../pack.ts';
import type { BlockHooks } from './block-context.ts';
import type { Session } from './session.ts';
import type { TextMemory } from './text-memory.ts';
import { scanBytes } from './text-sizes.ts';

export interface Prompt {
  readonly tokens: readonly number[];
  /** Tokens that are read of the text when it is complete. */
  readonly length: number;
  readonly slot: number;
}

/**
 * Queues the pass over prompts that fit in one chunk together; their last hidden states become rows 0, 1 … of the
 * memory's hidden states. The page table of the memory must have been sent.
 */
export async function readPrompts(
  session: Session,
  memory: TextMemory,
  prompts: readonly Prompt[],
): Promise<void> {
  const { kernels, dtype } = session.ops;
  const chunk = packSequences(
    prompts.map(({ tokens }) => tokens),
    prompts.map(({ length }) => length),
  );
  const T = chunk.tokens.length;
  const texts = Int32Array.from(prompts.flatMap(({ tokens, slot }) => tokens.map(() => slot)));
  let end = 0;
  const lasts = Int32Array.from(prompts, ({ tokens }) => {
    end += tokens.length;
    return end - 1;
  });
  const { travelling, tables } = session.place([chunk], [texts, lasts]);
  const [{ tables: own, hidden }] = travelling as [(typeof travelling)[number]];
  const [textsAt, lastsAt] = tables as [number, number];
  const hooksOf = (block: number): BlockHooks => {
    const kept = memory.block(block);
    if (kept.kind === 'scan')
      return { scanMemory: (ended) => keepScans(session, memory, block, prompts, ended) };
    const { pageTable, maxPages, pageSize } = kept.cache;
    const rows = { dtype, pageTable, maxPages, pageSize, positions: own.positions, texts: textsAt, M: T };
    return {
      keysValues({ keys, values, keyWidth, valueWidth }) {
        kernels.cacheWrite({
          ...{ ...rows, x: keys.at, xStride: keys.stride, cache: kept.cache.keys, width: keyWidth },
        });
        kernels.cacheWrite({
          ...{ ...rows, x: values.at, xStride: values.stride, cache: kept.cache.values, width: valueWidth },
        });
      },
    };
  };
  await session.forward.run(travelling, { ofBlock: hooksOf });
  const width = session.parts.architecture.hiddenSize;
  kernels.gatherRows({
    ...{ dtype: hidden.dtype, table: hidden.at, ids: lastsAt, offset: 0, scale: 1, accumulate: 0 },
    ...{ out: memory.hidden, T: prompts.length, width },
  });
}

/** Runs of the chunk are the prompts, in order. */
function keepScans(
  session: Session,
  memory: TextMemory,
  block: number,
  prompts: readonly Prompt[],
  ended: { readonly history: number; readonly state: number },
): void {
  const kept = memory.block(block);
  const { mixer } = session.parts.architecture.blocks[block]!;
  if (kept.kind !== 'scan' || mixer.kind !== 'selective-scan') return;
  const bytes = scanBytes(mixer);
  for (const [run, { slot }] of prompts.entries()) {
    for (const part of ['history', 'state'] as const) {
      if (bytes[part] === 0) continue;
      const from = ended[part] + run * bytes[part];
      session.ops.kernels.copy({ to: kept[part] + slot * bytes[part], from, bytes: bytes[part] });
    }
  }
}
