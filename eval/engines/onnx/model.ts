/** A model loaded into the ONNX engine. */

import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type {
  Chunk,
  EngineOptions,
  FinalStates,
  GenerateRequest,
  LoadedModel,
  Observe,
  ObserveCache,
  OnProgress,
  ScoreRequest,
} from '../engine.ts';
import { checkPrecision, UNROUNDED } from '../forward-quantizer.ts';
import { checkTokens, packSequences } from '../pack.ts';
import { finalStates, score } from '../score.ts';
import { checkChunk } from '../tiles.ts';
import { divideWorkspace } from './budget.ts';
import { Forward } from './forward.ts';
import { generate } from './generate.ts';
import { Head } from './head.ts';
import type { Programs } from './programs.ts';
import { type Parts, scorerOf } from './scorer.ts';

export class OnnxModel implements LoadedModel {
  readonly architecture: Architecture;
  readonly #parts: Parts;
  #weights: WeightSource;

  constructor(programs: Programs, architecture: Architecture, weights: WeightSource, options: EngineOptions) {
    const { precision = UNROUNDED } = options;
    checkPrecision(precision, architecture, 'precision of the model');
    const budget = divideWorkspace(architecture, options.workspaceBytes);
    this.architecture = architecture;
    this.#weights = weights;
    this.#parts = {
      architecture,
      budget,
      forward: new Forward(programs.rounding(precision), architecture, budget.tiles),
      head: new Head(programs, architecture, budget.head),
    };
  }

  score(requests: readonly ScoreRequest[], onProgress?: OnProgress, reference: FinalStates = []) {
    return score(scorerOf(this.#parts, this.#weights), requests, { onProgress, reference });
  }

  finalStates(requests: readonly ScoreRequest[], onProgress?: OnProgress) {
    return finalStates(scorerOf(this.#parts, this.#weights), requests, onProgress);
  }

  generate(requests: readonly GenerateRequest[], onProgress?: OnProgress) {
    return generate(this.#parts, this.#weights, requests, onProgress);
  }

  async logits(tokens: readonly number[]): Promise<Float32Array> {
    checkTokens(tokens, 0, this.architecture.vocabSize);
    if (tokens.length === 0) throw errors.request(0, 'it has no tokens');
    const { forward, head } = this.#parts;
    const [{ hidden }] = await forward.run(this.#weights, [packSequences([tokens])]);
    return head.logits(this.#weights, hidden);
  }

  embed(chunk: Chunk): Promise<Float32Array> {
    checkChunk(chunk);
    return this.#parts.forward.embed(this.#weights, chunk);
  }

  async runBlock(
    index: number,
    chunk: Chunk,
    hidden: Float32Array,
    observe?: Observe,
    observeCache?: ObserveCache,
  ): Promise<Float32Array> {
    checkChunk(chunk);
    const expected = chunk.tokens.length * this.architecture.hiddenSize;
    if (hidden.length !== expected)
      throw errors.chunk(`its hidden states have ${hidden.length} values, not ${expected}`);
    const travelling = { chunk, hidden: hidden.slice() };
    const hooks = {
      ...(observe === undefined ? {} : { observe }),
      ...(observeCache === undefined ? {} : { observeCache }),
    };
    await this.#parts.forward.runBlock(this.#weights, index, travelling, hooks);
    return travelling.hidden;
  }

  useWeights(weights: WeightSource): void {
    this.#weights = weights;
  }
}
