/** Compiled graphs, kept while the engine lives: one a shape, however many blocks, models and recipes use it. */
import type { Architecture, Attention, Block, Linear, Norm } from '../../families/architecture.ts';
import { attendGraph } from './graphs/attend.ts';
import { finalNormGraph, gramGraph, logitsGraph, scoreGraph } from './graphs/head.ts';
import { keysValuesGraph } from './graphs/keys-values.ts';
import { compile, type Program, type RuntimeOptions } from './runtime.ts';

export class Programs {
  readonly #options: RuntimeOptions;
  readonly #compiled = new Map<string, Promise<Program>>();

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  keysValues(block: Block, hiddenSize: number): Promise<Program> {
    const { mixer, mixerNorm } = block;
    const key = [hiddenSize, attentionKey(mixer), normKey(mixerNorm)];
    return this.#get('keys and values', key, () => keysValuesGraph(mixer, mixerNorm, hiddenSize));
  }

  attend(block: Block, hiddenSize: number): Promise<Program> {
    const { mixer, mixerNorm, feedForwardNorm, feedForward } = block;
    const { kind, activation, gate, up, down } = feedForward;
    const norms = [normKey(mixerNorm), normKey(feedForwardNorm)];
    const key = [
      hiddenSize,
      attentionKey(mixer),
      ...norms,
      kind,
      activation,
      ...[gate, up, down].map(linearKey),
    ];
    return this.#get('attention and feed-forward', key, () => attendGraph(block, hiddenSize));
  }

  finalNorm({ finalNorm, hiddenSize }: Architecture): Promise<Program> {
    return this.#get('final norm', [hiddenSize, normKey(finalNorm)], () =>
      finalNormGraph(finalNorm, hiddenSize),
    );
  }

  score({ head }: Architecture): Promise<Program> {
    return this.#get('head', [linearKey({ ...head, outFeatures: 0 })], () => scoreGraph(head));
  }

  logits({ head }: Architecture): Promise<Program> {
    return this.#get('logits', [linearKey({ ...head, outFeatures: 0 })], () => logitsGraph(head));
  }

  gram(): Promise<Program> {
    return this.#get('gram', [], gramGraph);
  }

  async release(): Promise<void> {
    const programs = await Promise.allSettled(this.#compiled.values());
    this.#compiled.clear();
    for (const program of programs) if (program.status === 'fulfilled') await program.value.release();
  }

  #get(name: string, shape: readonly unknown[], build: () => Uint8Array): Promise<Program> {
    const key = JSON.stringify([name, ...shape]);
    const found = this.#compiled.get(key);
    if (found !== undefined) return found;
    const program = compile(name, build(), this.#options);
    this.#compiled.set(key, program);
    // What failed once, for want of memory say, may be tried again.
    program.catch(() => this.#compiled.delete(key));
    return program;
  }
}

/** Everything of a layer that its graph depends on; names and rotation tables are fed when it runs. */
function attentionKey({
  kind,
  heads,
  kvHeads,
  headDim,
  q,
  k,
  v,
  o,
  scale,
  slidingWindow,
  position,
}: Attention): unknown {
  return [kind, heads, kvHeads, headDim, scale, slidingWindow, position.kind, ...[q, k, v, o].map(linearKey)];
}

function linearKey({ outFeatures, inFeatures, bias }: Linear): unknown {
  return [outFeatures, inFeatures, bias !== undefined];
}

function normKey({ kind, eps }: Norm): unknown {
  return [kind, eps];
}
