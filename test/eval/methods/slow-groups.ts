/** The data-free methods of groups once more, as their papers write them, with whole arrays and searches one by one. */

const halfEven = (x: number) => {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};

/** Codes of levels: the nearest of `levels · absmax`. */
export function slowCodes(values: readonly number[], levels: readonly number[]): number[] {
  const absmax = Math.max(...values.map(Math.abs));
  return values.map((value) => {
    const distances = levels.map((level) => Math.abs(value - level * absmax));
    return distances.indexOf(Math.min(...distances));
  });
}

/** −Σ p·log₂ p over the codes. */
export function entropyOf(codes: readonly number[]): number {
  const counts = Map.groupBy(codes, (code) => code);
  return [...counts.values()].reduce((sum, { length }) => {
    const p = length / codes.length;
    return sum - p * Math.log2(p);
  }, 0);
}

/** Badri & Shaji 2023: codes, scale and zero of the step with the least Σ|w − ŵ|^0.7. */
export function slowHalfQuadratic(values: readonly number[], bits: number) {
  const half = (x: number) => Math.f16round(x);
  const maxCode = 2 ** bits - 1;
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const most = Math.max(...values.map(Math.abs));
  const scale = Math.max(half(Math.max((max - min) / maxCode, most / 32_768)), 2 ** -24);
  let zero = half(bits === 4 ? halfEven(-min / scale) : -min / scale);
  const at = (z: number) => {
    const codes = values.map((w) => Math.min(Math.max(halfEven(w / scale + z), 0), maxCode));
    const errors = values.map((w, i) => w - scale * (codes[i]! - z));
    return { codes, errors, zero: z, scale, loss: errors.reduce((sum, e) => sum + Math.abs(e) ** 0.7, 0) };
  };
  const whole = at(half(halfEven(-min / scale)));
  const steps = [at(zero)];
  for (let step = 0; step < 20; step++) {
    const { codes, errors } = steps.at(-1)!;
    const beta = 10 * 1.01 ** step;
    const shrunk = errors.map((e) =>
      e === 0 ? 0 : Math.sign(e) * Math.max(Math.abs(e) - Math.abs(e) ** -0.3 / beta, 0),
    );
    const wanted = codes.map((code, i) => code - (values[i]! - shrunk[i]!) / scale);
    zero = half(wanted.reduce((sum, z) => sum + z, 0) / values.length);
    steps.push(at(zero));
  }
  const tried = [whole, ...steps];
  const least = Math.min(...tried.map(({ loss }) => loss));
  return { ...tried.find(({ loss }) => loss === least)!, first: steps[0]!.loss };
}
