/** Loads the host references (rung 0); they are built at the first use, which needs a C++ compiler and nothing of CUDA. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { buildReference } from '../../eval/engines/cuda/build.ts';
import { callError } from '../../eval/engines/cuda/call-errors.ts';
import { BL, FUNCTIONS } from '../../eval/engines/cuda/kernels.gen.ts';
import { ROOT } from '../../eval/engines/cuda/sources.ts';

type Functions = typeof FUNCTIONS;
type Value<C> = C extends `${string}*` | 'bl_ptr'
  ? NodeJS.ArrayBufferView | null
  : C extends 'uint64_t'
    ? number | bigint
    : number;

/** As those of the device function, with host memory in place of device addresses; null stands for address 0. */
export type ReferenceArguments<Name extends keyof Functions> = {
  readonly [P in Exclude<keyof Functions[Name]['parameters'], 'ctx' | 'stream'>]: Value<
    Functions[Name]['parameters'][P]
  >;
};

export type Reference = {
  readonly [Name in keyof Functions]: (values: ReferenceArguments<Name>) => void;
};

/** @throws kernels/no-compiler, kernels/compile */
export async function loadReference(): Promise<Reference> {
  const jobs = availableParallelism();
  const { file } = await buildReference({
    root: ROOT,
    environment: process.env,
    jobs,
    force: false,
    log: () => {},
  });
  const handle = koffi.load(join(ROOT, file));
  const message = handle.func('blr_message', 'str', []);
  const bind = (name: keyof Functions) => {
    const parameters = Object.entries(FUNCTIONS[name].parameters).filter(
      ([key]) => key !== 'ctx' && key !== 'stream',
    );
    const symbol = FUNCTIONS[name].name.replace(/^bl_/, 'blr_');
    const types = parameters.map(([, type]) => (type === 'bl_ptr' || type.endsWith('*') ? 'void *' : type));
    const call = handle.func(symbol, 'int', types);
    return (values: Readonly<Record<string, unknown>>) => {
      const status: number = call(...parameters.map(([key]) => values[key]));
      if (status !== BL.OK) throw callError(status, symbol, message(), values);
    };
  };
  // Looked up when called: an operation may have no reference yet.
  const lazily = (name: keyof Functions) => (values: Readonly<Record<string, unknown>>) => bind(name)(values);
  const names = Object.keys(FUNCTIONS) as (keyof Functions)[];
  return Object.fromEntries(names.map((name) => [name, lazily(name)])) as unknown as Reference;
}
