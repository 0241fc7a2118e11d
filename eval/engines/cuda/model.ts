/** A model loaded into the CUDA engine. Its weights go to the device when they are first needed. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type {
  CalibrationPass,
  Chunk,
  FinalStates,
  GenerateRequest,
  LoadedModel,
  Observe,
  ObserveCache,
  OnProgress,
  ScoreRequest,
} from '../engine.ts';
import type { ForwardPrecision } from '../forward-quantizer.ts';
import { checkTokens, packSequences } from '../pack.ts';
import { finalStates, score } from '../score.ts';
import type { Scorer } from '../score-batches.ts';
import { CudaCalibration } from './calibration.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { downloadRows, hostHooks } from './host-hooks.ts';
import type { Dequantize } from './image-writer.ts';
import { KeptGeneration } from './kept-generation.ts';
import { logitsOf } from './logits.ts';
import type { Dtype } from './matrix.ts';
import type { CudaOperations } from './operations.ts';
import { Residence, type ResidenceOptions } from './residence.ts';
import { answerBatch } from './scorer.ts';
import type { Session } from './session.ts';

/** Runs one piece of work at a time, in the order asked for. */
export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

export interface CudaModelOptions extends Omit<ResidenceOptions, 'weights' | 'dtype' | 'precision'> {
  readonly dtype: Dtype;
  readonly precision: ForwardPrecision;
  readonly weights: WeightSource | null;
  readonly exclusive: Exclusive;
  readonly generation?: GenerateOptions;
  readonly operations: CudaOperations;
}

export class CudaModel implements LoadedModel {
  readonly architecture: Architecture;
  readonly #residence: Residence;
  readonly #exclusive: Exclusive;
  readonly #generation: GenerateOptions;
  readonly #kept = new KeptGeneration();
  readonly #operations: CudaOperations;

  constructor(options: CudaModelOptions) {
    this.architecture = options.architecture;
    const { operations } = options;
    const dequantize: Dequantize = (packed, to) => operations.dequantize(packed, to);
    this.#residence = new Residence({ ...options, dequantize });
    this.#exclusive = options.exclusive;
    this.#generation = options.generation ?? {};
    this.#operations = operations;
  }

  async score(requests: readonly ScoreRequest[], onProgress?: OnProgress, reference: FinalStates = []) {
    return score(await this.#scorer(requests), requests, { onProgress, reference });
  }

  async finalStates(requests: readonly ScoreRequest[], onProgress?: OnProgress) {
    return finalStates(await this.#scorer(requests), requests, onProgress);
  }

  generate(requests: readonly GenerateRequest[], onProgress?: OnProgress) {
    return this.#exclusive(() =>
      generate(this.#residence, this.#kept, requests, onProgress, this.#generation),
    );
  }

  async logits(tokens: readonly number[]): Promise<Float32Array> {
    checkTokens(tokens, 0, this.architecture.vocabSize);
    if (tokens.length === 0) throw errors.request(0, 'it has no tokens');
    const chunk = packSequences([tokens]);
    return this.onDevice(tokens.length, async (session) => {
      const rows = Int32Array.from(tokens.keys());
      const { travelling, tables } = session.place([chunk], [rows]);
      await session.forward.run(travelling);
      return logitsOf(await session.headContext(), travelling[0]!.hidden, tables[0]!, rows.length);
    });
  }

  embed(chunk: Chunk): Promise<Float32Array> {
    const T = chunk.tokens.length;
    return this.onDevice(T, async (session) => {
      const [travelling] = session.place([chunk]).travelling;
      await session.forward.embed(travelling!);
      return downloadRows(session.parts.device, travelling!.hidden, T, this.architecture.hiddenSize);
    });
  }

  async runBlock(
    index: number,
    chunk: Chunk,
    hidden: Float32Array,
    observe?: Observe,
    observeCache?: ObserveCache,
  ): Promise<Float32Array> {
    const T = chunk.tokens.length;
    const expected = T * this.architecture.hiddenSize;
    if (hidden.length !== expected)
      throw errors.chunk(`its hidden states have ${hidden.length} values, not ${expected}`);
    return this.onDevice(T, async (session) => {
      const { device } = session.parts;
      const [travelling] = session.place([chunk]).travelling;
      device.upload(travelling!.hidden.at, hidden);
      const hooks = hostHooks(device, T, observe, observeCache);
      await session.forward.runBlock(index, [travelling!], () => hooks);
      return downloadRows(device, travelling!.hidden, T, this.architecture.hiddenSize);
    });
  }

  calibrate(sequences: readonly ArrayLike<number>[]): Promise<CalibrationPass> {
    const { options } = this.#residence;
    return CudaCalibration.start(
      { model: options, operations: this.#operations, exclusive: this.#exclusive },
      sequences,
    );
  }

  useWeights(weights: WeightSource): void {
    this.#residence.useWeights(weights);
  }

  /**
   * Work on the device side of the model: no other call runs meanwhile.
   * @param tokens  of the longest text; a session whose plan is for less is made anew
   */
  onDevice<T>(tokens: number, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#exclusive(() => this.#residence.use(tokens, work));
  }

  /** Plans for the longest text first, so that all batches of a call run under one plan. */
  async #scorer(requests: readonly ScoreRequest[]): Promise<Scorer> {
    const longest = requests.reduce(
      (most, { context, continuations }) =>
        continuations.reduce((own, { length }) => Math.max(own, context.length + length - 1), most),
      0,
    );
    const { chunkTokens, batchTokens } = await this.#residence.plan(longest);
    return {
      ...{ architecture: this.architecture, chunkTokens, batchTokens },
      answer: (batch, onBlock) => this.onDevice(longest, (session) => answerBatch(session, batch, onBlock)),
    };
  }
}
