/** Compiled graphs, kept while the engine lives: one a shape and precision, however many blocks, models and recipes use it. */
import { type ForwardPrecision, UNROUNDED } from '../forward-quantizer.ts';
import { compile, type Program, type RuntimeOptions } from './runtime.ts';

/** Strings of a description that change the graph; all others name tensors, which are fed. */
const CHOICES: ReadonlySet<string> = new Set([
  'kind',
  'activation',
  'layout',
  'over',
  'arrangement',
  'range',
]);

/** Builds a graph whose layers round with this precision. */
export type Build = (precision: ForwardPrecision) => Uint8Array;

export class Programs {
  readonly #options: RuntimeOptions;
  readonly #precision: ForwardPrecision;
  readonly #compiled: Map<string, Promise<Program>>;

  constructor(
    options: RuntimeOptions,
    precision = UNROUNDED,
    compiled = new Map<string, Promise<Program>>(),
  ) {
    this.#options = options;
    this.#precision = precision;
    this.#compiled = compiled;
  }

  /** The programs of graphs that round; they are kept, and released, with all others of the engine. */
  rounding(precision: ForwardPrecision): Programs {
    return new Programs(this.#options, precision, this.#compiled);
  }

  /**
   * The program of a graph, built and compiled at the first call for its shape.
   * @param name   of the graph, for messages
   * @param parts  everything that the graph is built from: descriptions of layers, sizes
   */
  compiled(name: string, parts: readonly unknown[], build: Build): Promise<Program> {
    const key = shapeKey([name, this.#precision, ...parts]);
    const found = this.#compiled.get(key);
    if (found !== undefined) return found;
    const program = compile(name, build(this.#precision), this.#options);
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
