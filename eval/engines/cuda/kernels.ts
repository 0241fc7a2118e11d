/** The functions of the kernel library as typed calls whose statuses become errors. */
import { callError } from './call-errors.ts';
import { BL, FUNCTIONS } from './kernels.gen.ts';
import type { Library } from './library.ts';

/** Address in device memory; below 2^53 on every device there is. */
export type Address = number;

/** Host memory that the C side reads or writes, or its address; it must stay referenced while work on it is queued. */
export type HostMemory = ArrayBuffer | SharedArrayBuffer | NodeJS.ArrayBufferView | bigint;

type Functions = typeof FUNCTIONS;
type Value<C> = C extends `${string}*` ? HostMemory : C extends 'uint64_t' ? number | bigint : number;
type Bound = 'ctx' | 'stream';

/** Parameters of a function by name, without context and stream. */
export type Arguments<Name extends keyof Functions> = {
  readonly [P in Exclude<keyof Functions[Name]['parameters'], Bound>]: Value<
    Functions[Name]['parameters'][P]
  >;
};

type StatusFunction = {
  [Name in keyof Functions]: Functions[Name]['result'] extends 'int' ? Name : never;
}[keyof Functions];

/**
 * Every function of kernels/bl.h that returns a status, without `bl_`, called with its parameters by name. Context and
 * stream are those the object is bound to. A failure throws kernels/… with op, message and the arguments that are numbers.
 */
export type Kernels = {
  readonly [Name in StatusFunction]: (values: Arguments<Name>) => void;
} & {
  /** The same functions, queued on another stream. */
  readonly on: (stream: number) => Kernels;
  readonly stream: number;
  /** Waits without blocking the event loop. */
  readonly synchronizeAsync: () => Promise<void>;
  /** Copies and waits without blocking the event loop; `to` is filled when the promise is kept. */
  readonly downloadAsync: (values: Arguments<'download'>) => Promise<void>;
};

type Values = Readonly<Record<string, unknown>>;

/** @param context what bl_open gave; @param stream where work is queued, 0: the default stream */
export function bindKernels(library: Library, context: bigint, stream: number): Kernels {
  const bound: Values = { ctx: context, stream };
  const failure = (name: StatusFunction, status: number, values: Values) =>
    callError(status, FUNCTIONS[name].name, library.message(), values);
  const caller = (name: StatusFunction) => {
    const target = library.functionOf(name);
    const listed = lister(name, bound);
    return (values: Values) => {
      const status = target(...listed(values));
      if (status !== BL.OK) throw failure(name, status, values);
    };
  };
  const callAsync = async (name: StatusFunction, values: Values) => {
    const list = lister(name, bound)(values);
    const status = await new Promise<number>((done, fail) =>
      library
        .functionOf(name)
        .async(...list, (error: unknown, result: number) => (error ? fail(error) : done(result))),
    );
    if (status === BL.OK) return;
    // The text of a failure stays on the thread where it happened; the same call here fails again and tells it.
    const again = library.functionOf(name)(...list);
    throw failure(name, again === BL.OK ? status : again, values);
  };
  const calls = Object.fromEntries(STATUS_FUNCTIONS.map((name) => [name, lazily(() => caller(name))]));
  return Object.freeze({
    ...calls,
    on: (other: number) => bindKernels(library, context, other),
    stream,
    synchronizeAsync: () => callAsync('synchronize', {}),
    downloadAsync: async (values: Values) => {
      await callAsync('download', values);
      await callAsync('synchronize', {});
    },
  }) as unknown as Kernels;
}

const STATUS_FUNCTIONS = (Object.keys(FUNCTIONS) as (keyof Functions)[]).filter(
  (name) => FUNCTIONS[name].result === 'int',
) as StatusFunction[];

/** Puts the parameters of a function in order; a pass calls hundreds, so everything but the values is known before. */
function lister(name: StatusFunction, bound: Values): (values: Values) => unknown[] {
  const keys = Object.keys(FUNCTIONS[name].parameters);
  const list = keys.map((key) => bound[key]);
  const open = [...keys.keys()].filter((i) => list[i] === undefined);
  return (values) => {
    const own = list.slice();
    for (const i of open) own[i] = values[keys[i]!];
    return own;
  };
}

/** Looks a function up at its first call: a library under construction may lack some. */
function lazily(make: () => (values: Values) => void) {
  let made: ((values: Values) => void) | undefined;
  return (values: Values) => {
    made ??= make();
    made(values);
  };
}
