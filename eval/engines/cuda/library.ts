/** The only loader of the CUDA library. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { loadErrors } from '../../errors/kernels.ts';
import { LIBRARY } from './build.ts';
import { openError } from './call-errors.ts';
import { BL, FUNCTIONS } from './kernels.gen.ts';
import { ROOT, sourcesHash } from './sources.ts';

export type FunctionName = keyof typeof FUNCTIONS;

/** A function of the library with all its parameters by place. */
export type Callable = ((...values: unknown[]) => number) & {
  async: (...values: unknown[]) => void;
};

export interface Library {
  /** Hash of sources, compiler and architectures. */
  readonly build: string;
  readonly message: () => string;
  /** @throws kernels/missing-function */
  readonly functionOf: (name: FunctionName) => Callable;
}

const C_TYPES: Readonly<Record<string, string>> = {
  bl_ptr: 'uint64_t',
  bl_stream: 'uint64_t',
  bl_event: 'uint64_t',
  bl_graph: 'uint64_t',
};
// `void *` takes every kind of buffer; a typed pointer would be checked or copied by koffi.
const koffiType = (type: string) => (type.endsWith('*') ? 'void *' : (C_TYPES[type] ?? type));

let loaded: Library | undefined;

/**
 * The library in kernels/build/, loaded once a process.
 * @throws kernels/not-built, kernels/stale, kernels/cannot-load
 */
export function loadLibrary(): Library {
  loaded ??= openLibrary(join(ROOT, LIBRARY), sourcesHash());
  return loaded;
}

/** @param sources the hash that the library's own must begin with */
export function openLibrary(file: string, sources: string): Library {
  if (!existsSync(file)) throw loadErrors.notBuilt(file, 'pnpm kernels');
  const handle = loadFile(file);
  const functions = new Map<string, Callable>();
  const bind = (name: FunctionName, result: string): Callable => {
    const { name: symbol, parameters } = FUNCTIONS[name];
    try {
      return handle.func(symbol, result, Object.values(parameters).map(koffiType)) as unknown as Callable;
    } catch {
      throw loadErrors.missingFunction(symbol);
    }
  };
  const functionOf = (name: FunctionName) => {
    const known = functions.get(name);
    if (known !== undefined) return known;
    const bound = bind(name, 'int');
    functions.set(name, bound);
    return bound;
  };
  const build = (bind('build', 'str') as unknown as () => string)();
  if (build.split(' ')[0] !== sources) throw loadErrors.stale(file, build.split(' ')[0]!, sources);
  const message = () => (bind('message', 'str') as unknown as () => string)();
  return { build, message, functionOf };
}

function loadFile(file: string) {
  try {
    return koffi.load(file);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw loadErrors.cannotLoad(file, text.replace(/^Failed to load shared library: /, '').trim(), cause);
  }
}

/** Number of GPUs; @throws kernels/no-device, kernels/driver */
export function countDevices(library: Library): number {
  const count = new Int32Array(1);
  const status = library.functionOf('deviceCount')(count);
  if (status !== BL.OK) throw openError(status, library.message());
  return count[0]!;
}
