/** The inner loops of a selective scan as WebAssembly: four state values at a time. */
import { type Code, F32, f32, f32x4, get, I32, i32, i32x4, repeat, set, V128, wasmModule } from './wasm.ts';

// Locals. Addresses are in bytes.
const [X, STEP, PARAMETERS, DECAY, SKIP, STATE, Y, TOKENS, CHANNELS] = Array(9).keys();
const [CHANNEL, DECAY_AT, SKIP_AT, STATE_AT, DELTA, INPUT, DELTAS, INPUTS, SUM, SHIFTED, REST, VALUE] =
  Array.from({ length: 12 }, (_, i) => 9 + i);
const LOCALS = [I32, I32, I32, I32, F32, F32, V128, V128, V128, V128, V128, V128];
const FLOAT = 4;
const LANES = 4;

/** Adding 1.5·2²³ to a float32 rounds it to a whole number and leaves that number in its lowest bits. */
const ROUNDER = 1.5 * 2 ** 23;
/** Below this, 2^x is 0 for all purposes; the exponent of a float32 must not underflow. */
const LOWEST = -124;
/** (2^r − 1) / r on |r| ≤ ½, highest power first: least squares at Chebyshev nodes; 1 + r · this is exact to 2e-9. */
const POLYNOMIAL = [0.000153707036, 0.00133998483, 0.00961837326, 0.0555032904, 0.240226485, 0.693147206];

const vector = f32x4.const;
const advance = (local: number, by: number): Code => set(local, i32.add(get(local), i32.const(by)));

/** Code that leaves 2^x on the stack, for four x ≤ 0; relative error below 2e-7. */
function power(x: Code): Code {
  const whole = f32x4.sub(get(SHIFTED), vector(ROUNDER));
  const fraction = [...POLYNOMIAL.slice(1), 1].reduce(
    (sum, coefficient) => f32x4.add(f32x4.mul(sum, get(REST)), vector(coefficient)),
    vector(POLYNOMIAL[0]),
  );
  return [
    ...set(REST, f32x4.max(x, vector(LOWEST))),
    ...set(SHIFTED, f32x4.add(get(REST), vector(ROUNDER))),
    ...set(REST, f32x4.sub(get(REST), whole)),
    // Multiplies by 2^whole: adds to the exponent.
    ...i32x4.add(fraction, i32x4.shiftLeft(get(SHIFTED), i32.const(23))),
  ];
}

/** h ← 2^(step·decay)·h + step·x·B and sum ← sum + C·h for the four values of h at an offset in the channel's row. */
function update(offset: number, row: number): readonly Code[] {
  const load = (address: number, at = offset) => f32x4.load(get(address), at);
  const kept = f32x4.mul(power(f32x4.mul(get(DELTAS), load(DECAY_AT))), load(STATE_AT));
  return [
    set(VALUE, f32x4.add(kept, f32x4.mul(get(INPUTS), load(PARAMETERS)))),
    f32x4.store(get(STATE_AT), offset, get(VALUE)),
    set(SUM, f32x4.add(get(SUM), f32x4.mul(get(VALUE), load(PARAMETERS, row + offset)))),
  ];
}

function channel(row: number): readonly Code[] {
  const lane = (index: number) => f32x4.lane(get(SUM), index);
  const total = f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
  const offsets = Array.from({ length: row / (LANES * FLOAT) }, (_, i) => i * LANES * FLOAT);
  return [
    set(INPUT, f32.load(get(X))),
    set(DELTA, f32.load(get(STEP))),
    set(DELTAS, f32x4.splat(get(DELTA))),
    set(INPUTS, f32x4.splat(f32.mul(get(DELTA), get(INPUT)))),
    set(SUM, vector(0)),
    ...offsets.flatMap((offset) => update(offset, row)),
    f32.store(get(Y), f32.add(total, f32.mul(f32.load(get(SKIP_AT)), get(INPUT)))),
    ...[X, STEP, Y, SKIP_AT].map((local) => advance(local, FLOAT)),
    ...[DECAY_AT, STATE_AT].map((local) => advance(local, row)),
    advance(CHANNEL, 1),
  ];
}

function token(row: number): readonly Code[] {
  return [
    set(CHANNEL, i32.const(0)),
    set(DECAY_AT, get(DECAY)),
    set(SKIP_AT, get(SKIP)),
    set(STATE_AT, get(STATE)),
    repeat(channel(row), i32.less(get(CHANNEL), get(CHANNELS))),
    advance(PARAMETERS, 2 * row),
    advance(TOKENS, -1),
  ];
}

/**
 * A module whose function takes the addresses of x, step, parameters, decay, skip, state and y as in
 * `selective-scan.ts`, decay for powers of two, and the numbers of tokens and channels, each at least 1.
 * @param stateSize  of each channel, a multiple of four
 */
export function scanKernel(stateSize: number): Uint8Array<ArrayBuffer> {
  const loop = repeat(token(stateSize * FLOAT), i32.less(i32.const(0), get(TOKENS)));
  return wasmModule(Array(9).fill(I32), LOCALS, [loop]);
}
