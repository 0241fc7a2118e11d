/**
 * Writes small WebAssembly functions: instructions are arrays of bytes, composed as expressions. It exists for loops that
 * carry a value from step to step, which ONNX Runtime cannot run fast and JavaScript cannot run four at a time.
 */

export type Code = readonly number[];

/** Value types, as the format numbers them. */
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;

const SIMD = 0xfd;

/** Whole numbers in the variable-length form of the format. */
function leb(value: number, signed: boolean): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest = signed ? rest >> 7 : rest >>> 7;
    const done = signed ? (rest === 0 && low < 64) || (rest === -1 && low >= 64) : rest === 0;
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const simd = (opcode: number) => [SIMD, ...leb(opcode, false)];
const pair =
  (operation: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...operation];
/** Alignment as a power of two, and no offset. */
const place = (alignment: number, offset: number) => [alignment, ...leb(offset, false)];

export const get = (local: number): Code => [0x20, ...leb(local, false)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local, false)];

export const i32 = {
  const: (value: number): Code => [0x41, ...leb(value, true)],
  add: pair([0x6a]),
  /** a < b, unsigned. */
  less: pair([0x49]),
};

export const f32 = {
  load: (address: Code): Code => [...address, 0x2a, ...place(2, 0)],
  store: (address: Code, value: Code): Code => [...address, ...value, 0x38, ...place(2, 0)],
  add: pair([0x92]),
  mul: pair([0x94]),
};

/** Four float32 values at a time. */
export const f32x4 = {
  const: (value: number): Code => {
    const bytes = new Uint8Array(Float32Array.of(value, value, value, value).buffer);
    return [...simd(0x0c), ...bytes];
  },
  /** @param offset  bytes after the address */
  load: (address: Code, offset: number): Code => [...address, ...simd(0x00), ...place(2, offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    ...simd(0x0b),
    ...place(2, offset),
  ],
  splat: (value: Code): Code => [...value, ...simd(0x13)],
  lane: (value: Code, index: number): Code => [...value, ...simd(0x1f), index],
  add: pair(simd(0xe4)),
  sub: pair(simd(0xe5)),
  mul: pair(simd(0xe6)),
  /** a < b ? b : a, so that a NaN in a stays. */
  max: pair(simd(0xeb)),
};

/** The bits of four values as whole numbers. */
export const i32x4 = {
  shiftLeft: pair(simd(0xab)),
  add: pair(simd(0xae)),
};

/** Runs the body, then again while `condition` holds. */
export const repeat = (body: readonly Code[], condition: Code): Code => [
  ...[0x03, 0x40],
  ...body.flat(),
  ...condition,
  ...[0x0d, 0x00],
  0x0b,
];

/**
 * A module with one function `run` without a result, over an imported memory `env.memory`.
 * @param parameters  types of the locals that the caller gives
 * @param locals      types of the further locals, which start at zero
 */
export function wasmModule(
  parameters: readonly number[],
  locals: readonly number[],
  body: readonly Code[],
): Uint8Array<ArrayBuffer> {
  const vector = (items: readonly Code[]): Code => [...leb(items.length, false), ...items.flat()];
  const sized = (bytes: Code): Code => [...leb(bytes.length, false), ...bytes];
  const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];
  const name = (text: string): Code => sized([...new TextEncoder().encode(text)]);
  const code = [...vector(locals.map((type) => [1, type])), ...body.flat(), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [[0x60, ...vector(parameters.map((type) => [type])), 0x00]]),
    ...section(2, [[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]]),
    ...section(3, [[0x00]]),
    ...section(7, [[...name('run'), 0x00, 0x00]]),
    ...section(10, [sized(code)]),
  ]);
}
