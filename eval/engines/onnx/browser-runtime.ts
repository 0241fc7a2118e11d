/**
 * Stands in for onnxruntime-node where this engine runs in a browser: WebAssembly on one thread. The bundler puts it there
 * (`site/live/engine-plugin.ts`), so that a page runs the graphs that the pipeline runs.
 */
import * as ort from 'onnxruntime-web/wasm';

// More threads need headers that a static host does not send.
ort.env.wasm.numThreads = 1;

/** Milliseconds of work between two pauses in which messages, such as one that says stop, can arrive. */
const WORK_MS = 12;

let last: Promise<unknown> = Promise.resolve();
let pausedAt = 0;

/** Gives the runtime its own code, so that it loads nothing by itself. Once, before an engine is made. */
export function useRuntimeBinary(wasm: Uint8Array): void {
  ort.env.wasm.wasmBinary = wasm;
}

/** One run after the other, in the order of the calls: texts that are generated side by side take turns. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const before = last;
  const turn = (async () => {
    await before;
    if (performance.now() - pausedAt > WORK_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      pausedAt = performance.now();
    }
    return work();
  })();
  // A run that fails is its caller's affair.
  last = turn.catch(() => undefined);
  return turn;
}

export default {
  env: ort.env,
  Tensor: ort.Tensor,
  listSupportedBackends: () => [{ name: 'cpu', bundled: true }],
  InferenceSession: {
    async create(model: Uint8Array, options: ort.InferenceSession.SessionOptions) {
      const session = await inTurn(() =>
        ort.InferenceSession.create(model, { ...options, executionProviders: ['wasm'] }),
      );
      return {
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        run: (feeds: ort.InferenceSession.FeedsType, outputs: readonly string[]) =>
          inTurn(() => session.run(feeds, outputs)),
        release: () => session.release(),
      };
    },
  },
};
