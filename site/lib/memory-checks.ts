/** Measured peaks of memory (data/memory-peaks.json, made by scripts/memory/peaks.py) beside what the memory model says. */

import peakList from '../../data/memory-peaks.json' with { type: 'json' };
import modelList from '../../data/models.json' with { type: 'json' };
import shapeList from '../../data/shapes.json' with { type: 'json' };
import { cacheBytes, memoryOf, type Shape, SIXTEEN_BIT } from './memory-model.ts';

/** One case of the script, in bytes. */
interface Peak {
  readonly model: string;
  readonly context: number;
  readonly batch: number;
  readonly weights: number;
  readonly cache: number;
  /** The most that the allocator gave out. */
  readonly peak: number;
  /** What the process held beside the allocator. */
  readonly other: number;
  /** All that it held at the end, with what the allocator kept for later. */
  readonly process: number;
  readonly device: string;
  readonly transformers: string;
}

export interface MemoryCheck extends Peak {
  readonly measured: number;
  readonly said: number;
  readonly cacheSaid: number;
}

export function checks(): readonly MemoryCheck[] {
  return (peakList as readonly Peak[]).map((row) => {
    const shape = (shapeList as readonly (Shape & { models: readonly string[] })[]).find(({ models }) =>
      models.includes(row.model),
    )!;
    const params = modelList.find(({ id }) => id === row.model)!.params_b! * 1e9;
    const { total } = memoryOf(params, shape, SIXTEEN_BIT, row);
    const measured = row.peak + row.other;
    return { ...row, measured, said: total, cacheSaid: cacheBytes(shape, 16, row) };
  });
}

export function largestMiss(rows: readonly MemoryCheck[]): number {
  return Math.max(0, ...rows.map(({ said, measured }) => Math.abs(said / measured - 1)));
}
