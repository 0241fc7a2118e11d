/** Compiled graphs, kept while the engine lives: one a shape, however many blocks, models and recipes use it. */
import { compile, type Program, type RuntimeOptions } from './runtime.ts';

/** Strings of a description that change the graph; all others name tensors, which are fed. */
const CHOICES: ReadonlySet<string> = new Set(['kind', 'activation', 'layout', 'over', 'arrangement']);

export class Programs {
  readonly #options: RuntimeOptions;
  readonly #compiled = new Map<string, Promise<Program>>();

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /**
   * The program of a graph, built and compiled at the first call for its shape.
   * @param name   of the graph, for messages
   * @param parts  everything that the graph is built from: descriptions of layers, sizes
   */
  compiled(name: string, parts: readonly unknown[], build: () => Uint8Array): Promise<Program> {
    const key = shapeKey([name, ...parts]);
    const found = this.#compiled.get(key);
    if (found !== undefined) return found;
    const program = compile(name, build(), this.#options);
    this.#compiled.set(key, program);
    // What failed once, for want of memory say, may be tried again.
    program.catch(() => this.#compiled.delete(key));
    return program;
  }

  async release(): Promise<void> {
    const programs = await Promise.allSettled(this.#compiled.values());
    this.#compiled.clear();
    for (const program of programs) if (program.status === 'fulfilled') await program.value.release();
  }
}

/** Equal for descriptions whose graphs are equal: names of tensors and tables that are fed are left out. */
function shapeKey([name, ...parts]: readonly unknown[]): string {
  const shape = JSON.stringify(parts, (key, value: unknown) => {
    if (typeof value === 'string') return CHOICES.has(key) ? value : '';
    if (key === 'rows' || key === 'long' || key === 'attentionFactor') return undefined;
    return key === 'inverseFrequencies' && Array.isArray(value) ? value.length : value;
  });
  return `${name} ${shape}`;
}
