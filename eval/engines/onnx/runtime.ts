/** The one file that talks to onnxruntime-node: compiles a graph, runs it, gives its memory back. */
import ort from 'onnxruntime-node';
import { engineErrors as errors } from '../../errors/engine.ts';

export type Provider = 'cpu' | 'webgpu';

export interface RuntimeOptions {
  readonly provider: Provider;
  /** CPU threads of one operation; 0 lets ONNX Runtime choose. */
  readonly threads: number;
}

/** A tensor to feed: float32 or int32 values, row-major. */
export interface Feed {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}

export type Feeds = Readonly<Record<string, Feed>>;

export interface Program {
  /** Names of all inputs and outputs of the graph. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the graph and returns the float32 outputs named; others are not copied out. Throws `engine/run`. */
  run<Name extends string>(feeds: Feeds, outputs: readonly Name[]): Promise<Record<Name, Float32Array>>;
  /** As `run`, for int32 outputs as well. */
  runMixed<Name extends string>(
    feeds: Feeds,
    outputs: readonly Name[],
  ): Promise<Record<Name, Float32Array | Int32Array>>;
  release(): Promise<void>;
}

export const RUNTIME_VERSION: string = ort.env.versions.node ?? ort.env.versions.common;

/** Throws `engine/provider` or `engine/no-device` where the provider cannot be used here, `engine/graph` for a graph it refuses. */
export async function compile(name: string, model: Uint8Array, options: RuntimeOptions): Promise<Program> {
  const session = await createSession(name, model, options);
  const runMixed = async <Name extends string>(feeds: Feeds, outputs: readonly Name[]) => {
    try {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([key, feed]) => [key, toTensor(feed)]));
      const results = await session.run(tensors, outputs);
      return Object.fromEntries(outputs.map((key) => [key, toArray(results[key] as ort.Tensor)])) as Record<
        Name,
        Float32Array | Int32Array
      >;
    } catch (cause) {
      throw errors.run(name, options.provider, describe(feeds), cause);
    }
  };
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    runMixed,
    run: (feeds, outputs) =>
      runMixed(feeds, outputs) as Promise<Record<(typeof outputs)[number], Float32Array>>,
    release: () => session.release(),
  };
}

async function createSession(
  name: string,
  model: Uint8Array,
  options: RuntimeOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [options.provider],
      intraOpNumThreads: options.threads,
      // Sizes change from run to run, so a planned layout would be made again each time.
      enableMemPattern: false,
      // Each graph has threads of its own. Idle ones that spin would take the cores from the graph that runs: on two
      // busy cores, waiting asleep was 1.5 to 5 times as fast.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      logSeverityLevel: 3,
    });
  } catch (cause) {
    const known = ort.listSupportedBackends().map((backend) => backend.name);
    if (!known.includes(options.provider)) throw errors.provider(options.provider, known, cause);
    if (/adapter/i.test(String(cause))) throw errors.noDevice(options.provider, cause);
    throw errors.graph(name, options.provider, cause);
  }
}

function toTensor({ data, dims }: Feed): ort.Tensor {
  return data instanceof Float32Array
    ? new ort.Tensor('float32', data, dims)
    : new ort.Tensor('int32', data, dims);
}

function toArray({ data }: ort.Tensor): Float32Array | Int32Array {
  if (data instanceof Float32Array || data instanceof Int32Array) return data;
  throw new TypeError('graphs return float32 and int32 only');
}

function describe(feeds: Feeds): string {
  return Object.entries(feeds)
    .map(([key, { dims }]) => `${key} [${dims.join(', ')}]`)
    .join(', ');
}
