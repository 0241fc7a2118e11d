/** Lets the bundler make a worker of the pipeline's engine: what it takes from Node gets its browser counterpart. */
import { resolve, sep } from 'node:path';

const pipeline = resolve('eval') + sep;

const COUNTERPARTS: Readonly<Record<string, string>> = {
  'onnxruntime-node': resolve('eval/engines/onnx/browser-runtime.ts'),
  'node:timers/promises': resolve('eval/live/timers.ts'),
};

// The worker hands the runtime its WebAssembly. Without this the bundler would ship a second, unpacked copy of 14 MB.
const OWN_BINARY = 'new URL("ort-wasm-simd-threaded.wasm",import.meta.url)';
const NO_BINARY = 'new URL("about:blank")';

export function browserEngine() {
  return {
    name: 'browser-engine',
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined) {
      return importer?.startsWith(pipeline) ? (COUNTERPARTS[source] ?? null) : null;
    },
    transform(code: string, id: string) {
      return id.includes('ort.wasm.bundle')
        ? { code: code.replaceAll(OWN_BINARY, NO_BINARY), map: null }
        : null;
    },
  };
}
