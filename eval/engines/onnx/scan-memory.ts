/** What a selective scan remembers of a text: the state, and the last inputs of its convolution. */
import type { SelectiveScan } from '../../families/architecture.ts';
import type { BlockState } from './block-runner.ts';

export interface ScanMemory {
  /** Float32 `[innerSize, stateSize]`. */
  readonly state: Float32Array;
  /** Float32 `[width − 1, innerSize]`, oldest first. */
  readonly tail: Float32Array;
}

type Size = Pick<SelectiveScan, 'innerSize' | 'stateSize' | 'convolution'>;

/** The memory before the first token. */
export function emptyMemory({ innerSize, stateSize, convolution }: Size): ScanMemory {
  return {
    state: new Float32Array(innerSize * stateSize),
    tail: new Float32Array(innerSize * (convolution.width - 1)),
  };
}

export function copyMemory({ state, tail }: ScanMemory): ScanMemory {
  return { state: state.slice(), tail: tail.slice() };
}

export function memoryBytes({ innerSize, stateSize, convolution }: Size): number {
  return innerSize * (stateSize + convolution.width - 1) * Float32Array.BYTES_PER_ELEMENT;
}

/** One memory a text; its size does not depend on the length of the text. */
export class ScanState implements BlockState {
  #memories: ScanMemory[];

  constructor(size: Size, texts: number) {
    this.#memories = Array.from({ length: texts }, () => emptyMemory(size));
  }

  get memories(): readonly ScanMemory[] {
    return this.#memories;
  }

  store(text: number, memory: ScanMemory): void {
    this.#memories[text] = memory;
  }

  keep(texts: readonly number[]): void {
    this.#memories = texts.map((text) => this.#memories[text]);
  }

  grow(): void {
    // Memories do not grow with the text.
  }
}
