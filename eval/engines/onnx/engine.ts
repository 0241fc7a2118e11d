/** The engine on onnxruntime-node: `cpu` everywhere, `webgpu` where the machine has a graphics driver for it. */
import type { Architecture } from '../../families/architecture.ts';
import type { WeightSource } from '../../weights.ts';
import type { Engine, EngineInfo, EngineOptions, LoadedModel } from '../engine.ts';
import { gramGraph } from './graphs/gram.ts';
import { OnnxModel } from './model.ts';
import { Programs } from './programs.ts';
import { type Program, type Provider, RUNTIME_VERSION } from './runtime.ts';

export interface OnnxEngineOptions {
  /** @default 'cpu' */
  readonly provider?: Provider;
  /** CPU threads of one operation. @default 0, ONNX Runtime's choice */
  readonly threads?: number;
}

/** Throws `engine/provider` or `engine/no-device` where the provider does not work on this machine. */
export async function createOnnxEngine(options: OnnxEngineOptions = {}): Promise<Engine> {
  const programs = new Programs({ provider: options.provider ?? 'cpu', threads: options.threads ?? 0 });
  // Compiling the smallest graph shows at once whether the provider starts.
  await gram(programs);
  return new OnnxEngine(options.provider ?? 'cpu', programs);
}

class OnnxEngine implements Engine {
  readonly info: EngineInfo;
  readonly #programs: Programs;

  constructor(provider: Provider, programs: Programs) {
    this.info = { id: 'onnx', version: RUNTIME_VERSION, provider };
    this.#programs = programs;
  }

  async load(
    architecture: Architecture,
    weights: WeightSource,
    options: EngineOptions,
  ): Promise<LoadedModel> {
    return new OnnxModel(this.#programs, architecture, weights, options);
  }

  async gram(inputs: Float32Array, M: number, K: number): Promise<Float32Array> {
    const program = await gram(this.#programs);
    return (await program.run({ x: { data: inputs, dims: [M, K] } }, ['gram'])).gram;
  }

  close(): Promise<void> {
    return this.#programs.release();
  }
}

function gram(programs: Programs): Promise<Program> {
  return programs.compiled('gram', [], gramGraph);
}
