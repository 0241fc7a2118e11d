/**
 * A device that is none: the host references in place of the kernels, heap memory in place of device memory. What the
 * engine makes of a model can so be checked where there is no GPU; only the kernels themselves cannot.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { buildReference } from '../../../eval/engines/cuda/build.ts';
import { callError } from '../../../eval/engines/cuda/call-errors.ts';
import type { Device } from '../../../eval/engines/cuda/device.ts';
import { BL, FUNCTIONS } from '../../../eval/engines/cuda/kernels.gen.ts';
import type { Kernels } from '../../../eval/engines/cuda/kernels.ts';
import { ROOT } from '../../../eval/engines/cuda/sources.ts';

type Values = Readonly<Record<string, unknown>>;

/** @throws kernels/no-compiler, kernels/compile */
export async function hostDevice(freeBytes = 2 ** 32): Promise<Device> {
  const environment = process.env;
  const jobs = availableParallelism();
  const { file } = await buildReference({ root: ROOT, environment, jobs, force: false, log: () => {} });
  const library = koffi.load(join(ROOT, file));
  const heap = heapFunctions();
  const sizes = new Map<number, number>();
  const total = () => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  let peak = 0;
  const kernels = hostKernels(library, heap);
  const device = {
    ...{ index: 0, build: 'host references', kernels },
    close() {
      for (const address of sizes.keys()) heap.free(address);
      sizes.clear();
    },
    info: () => ({ name: 'host', freeBytes, totalBytes: freeBytes }),
    get bytes() {
      return total();
    },
    get peakBytes() {
      return peak;
    },
    alloc(bytes: number) {
      const address = Number(heap.alloc(256, Math.ceil(bytes / 256) * 256));
      sizes.set(address, bytes);
      peak = Math.max(peak, total());
      return address;
    },
    free(address: number) {
      heap.free(address);
      sizes.delete(address);
    },
    uploaded(values: NodeJS.ArrayBufferView) {
      const address = device.alloc(Math.max(1, values.byteLength));
      device.upload(address, values);
      return address;
    },
    upload: (to: number, values: NodeJS.ArrayBufferView) => heap.write(to, values, values.byteLength),
    download<T extends NodeJS.ArrayBufferView>(from: number, to: T): T {
      heap.read(to, from, to.byteLength);
      return to;
    },
    downloadAsync: async <T extends NodeJS.ArrayBufferView>(from: number, to: T) => device.download(from, to),
    allocHost(bytes: number) {
      const address = BigInt(device.alloc(bytes));
      return { address, memory: koffi.view(address, bytes) };
    },
    freeHost: ({ address }: { address: bigint }) => device.free(Number(address)),
    createStream: () => 1,
    createEvent: () => 1,
  };
  return device as unknown as Device;
}

function heapFunctions() {
  const libc = koffi.load('libc.so.6');
  return {
    alloc: libc.func('aligned_alloc', 'uint64_t', ['size_t', 'size_t']),
    free: libc.func('free', 'void', ['uint64_t']),
    write: libc.func('memcpy', 'uint64_t', ['uint64_t', 'void *', 'size_t']),
    read: libc.func('memcpy', 'uint64_t', ['void *', 'uint64_t', 'size_t']),
    fill: libc.func('memset', 'uint64_t', ['uint64_t', 'int', 'size_t']),
  };
}

function hostKernels(
  library: ReturnType<typeof koffi.load>,
  heap: ReturnType<typeof heapFunctions>,
): Kernels {
  const message = library.func('blr_message', 'str', []);
  const own: Record<string, (values: Values) => unknown> = {
    upload: ({ to, from, bytes }) => heap.write(to, from, bytes),
    download: ({ to, from, bytes }) => heap.read(to, from, bytes),
    downloadAsync: async ({ to, from, bytes }) => void heap.read(to, from, bytes),
    copy: ({ to, from, bytes }) => heap.write(to, BigInt(from as number), bytes),
    fill: ({ to, value, bytes }) => heap.fill(to, value, bytes),
    synchronizeAsync: async () => undefined,
    // The reference needs none.
    attentionScratch: ({ bytes }) => (bytes as BigInt64Array).fill(0n),
  };
  for (const name of ['synchronize', 'eventRecord', 'eventWait', 'eventDestroy', 'streamDestroy'])
    own[name] = () => undefined;
  const bind = (name: keyof typeof FUNCTIONS) => {
    const list = Object.entries(FUNCTIONS[name].parameters).filter(
      ([key]) => key !== 'ctx' && key !== 'stream',
    );
    const symbol = FUNCTIONS[name].name.replace(/^bl_/, 'blr_');
    const types = list.map(([, type]) => (type === 'bl_ptr' ? 'uint64_t' : type));
    const call = library.func(symbol, 'int', types);
    return (values: Values) => {
      const status: number = call(...list.map(([key]) => values[key]));
      if (status !== BL.OK) throw callError(status, symbol, message(), values);
    };
  };
  const kernels: Kernels = new Proxy({} as Kernels, {
    get(_, key) {
      if (key === 'on') return () => kernels;
      const name = String(key);
      own[name] ??= bind(name as keyof typeof FUNCTIONS);
      return own[name];
    },
  });
  return kernels;
}
