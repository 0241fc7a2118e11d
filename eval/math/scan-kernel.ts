/** The inner loops of a selective scan as WebAssembly: four state values at a time. */
import { type Code, F32, f32, f32x4, get, I32, i32, i32x4, repeat, set, V128, wasmModule } from './wasm.ts';

// Locals. Addresses are in bytes; `row` is the size of one channel's state, a multiple of 16 bytes, `size` that of all.
const [X, STEP, PARAMETERS, DECAY, SKIP, STATE, Y, TOKENS, ROW, SIZE] = Array(10).keys();
const [CHANNEL, N, SKIP_AT, DELTA, INPUT, DELTAS, INPUTS, SUM, SHIFTED, REST, VALUE] = Array.from(
  { length: 11 },
  (_, i) => 10 + i,
);
const LOCALS = [I32, I32, I32, F32, F32, V128, V128, V128, V128, V128, V128];

/** Adding 1.5·2²³ to a float32 rounds it to a whole number and leaves that number in its lowest bits. */
const ROUNDER = 1.5 * 2 ** 23;
/** Below this, e^x is 0 for all purposes; the exponent of a float32 must not underflow. */
const LOWEST = -86;
/** ln 2 in two parts, and the polynomial for (e^r − 1 − r) / r² on |r| ≤ ln 2 / 2: Cephes, expf.c. */
const LN2 = [0.693359375, -2.1219444e-4];
const POLYNOMIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 0.16666665459, 0.50000001201,
];

const vector = f32x4.const;
const advance = (local: number, by: Code): Code => set(local, i32.add(get(local), by));

/** Code that leaves e^x on the stack, for four x ≤ 0; relative error below 2e-7. */
function exponential(x: Code): Code {
  const polynomial = POLYNOMIAL.slice(1).reduce(
    (sum, coefficient) => f32x4.add(f32x4.mul(sum, get(REST)), vector(coefficient)),
    vector(POLYNOMIAL[0]),
  );
  const whole = f32x4.sub(get(SHIFTED), vector(ROUNDER));
  const squared = f32x4.mul(get(REST), get(REST));
  const fraction = f32x4.add(f32x4.add(f32x4.mul(polynomial, squared), get(REST)), vector(1));
  return [
    ...set(REST, f32x4.max(x, vector(LOWEST))),
    ...set(SHIFTED, f32x4.add(f32x4.mul(get(REST), vector(Math.LOG2E)), vector(ROUNDER))),
    ...set(REST, f32x4.sub(get(REST), f32x4.mul(whole, vector(LN2[0])))),
    ...set(REST, f32x4.sub(get(REST), f32x4.mul(whole, vector(LN2[1])))),
    // Multiplies by 2^whole: adds to the exponent.
    ...i32x4.add(fraction, i32x4.shiftLeft(get(SHIFTED), i32.const(23))),
  ];
}

/** h ← e^(step·decay)·h + step·x·B and sum ← sum + C·h for four values of h. */
const update: readonly Code[] = (() => {
  const at = (base: number) => i32.add(get(base), i32.add(get(CHANNEL), get(N)));
  const parameter = i32.add(get(PARAMETERS), get(N));
  const kept = f32x4.mul(exponential(f32x4.mul(get(DELTAS), f32x4.load(at(DECAY)))), f32x4.load(at(STATE)));
  const second = i32.add(parameter, get(ROW));
  return [
    set(VALUE, f32x4.add(kept, f32x4.mul(get(INPUTS), f32x4.load(parameter)))),
    f32x4.store(at(STATE), get(VALUE)),
    set(SUM, f32x4.add(get(SUM), f32x4.mul(get(VALUE), f32x4.load(second)))),
    advance(N, i32.const(16)),
  ];
})();

const channel: readonly Code[] = (() => {
  const lane = (index: number) => f32x4.lane(get(SUM), index);
  const total = f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
  const next = [X, STEP, Y, SKIP_AT].map((local) => advance(local, i32.const(4)));
  return [
    set(INPUT, f32.load(get(X))),
    set(DELTA, f32.load(get(STEP))),
    set(DELTAS, f32x4.splat(get(DELTA))),
    set(INPUTS, f32x4.splat(f32.mul(get(DELTA), get(INPUT)))),
    set(SUM, vector(0)),
    set(N, i32.const(0)),
    repeat(update, i32.less(get(N), get(ROW))),
    f32.store(get(Y), f32.add(total, f32.mul(f32.load(get(SKIP_AT)), get(INPUT)))),
    ...next,
    advance(CHANNEL, get(ROW)),
  ];
})();

const token: readonly Code[] = [
  set(CHANNEL, i32.const(0)),
  set(SKIP_AT, get(SKIP)),
  repeat(channel, i32.less(get(CHANNEL), get(SIZE))),
  advance(PARAMETERS, i32.add(get(ROW), get(ROW))),
  advance(TOKENS, i32.const(-1)),
];

/**
 * Parameters: addresses of x, step, parameters, decay, skip, state and y as in `selective-scan.ts`, with state sizes
 * padded to a multiple of four; the number of tokens, at least 1; bytes of one channel's state and of all.
 */
export const scanKernel: Uint8Array<ArrayBuffer> = wasmModule(Array(10).fill(I32), LOCALS, [
  repeat(token, i32.less(i32.const(0), get(TOKENS))),
]);
