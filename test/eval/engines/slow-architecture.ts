/**
 * A third forward pass: interprets an `Architecture` with attention and one feed-forward a block in plain float64 loops,
 * one token at a time. It shares nothing with the engine but the description; the families' reading of configs is
 * checked by the oracles.
 */
import type {
  Activation,
  Architecture,
  Attention,
  Block,
  Linear,
  Norm,
  Rope,
} from '../../../eval/families/architecture.ts';
import type { Tensors } from './slow-forward.ts';

type Vector = number[];

export function slowArchitectureLogits(
  architecture: Architecture,
  tensors: Tensors,
  tokens: readonly number[],
): Vector[] {
  const model = new SlowModel(architecture, tensors, tokens.length);
  return tokens.map((token, position) => model.read(token, position));
}

class SlowModel {
  readonly #architecture: Architecture;
  readonly #tensors: Tensors;
  readonly #length: number;
  /** By block: keys and values of the tokens so far. */
  readonly #memories: { keys: Vector[]; values: Vector[] }[];

  constructor(architecture: Architecture, tensors: Tensors, length: number) {
    this.#architecture = architecture;
    this.#tensors = tensors;
    this.#length = length;
    this.#memories = architecture.blocks.map(() => ({ keys: [], values: [] }));
  }

  read(token: number, position: number): Vector {
    const { embedding, blocks, finalNorm, headProjection, head, logitSoftCap } = this.#architecture;
    const size = embedding.projection?.inFeatures ?? this.#architecture.hiddenSize;
    let x = this.#row(embedding.tensor, token, size).map((value) => value * embedding.scale);
    if (embedding.projection !== null) x = this.#linear(embedding.projection, x);
    if (embedding.positions !== null) {
      const { tensor, offset } = embedding.positions;
      x = plus(x, this.#row(tensor, position + offset, x.length));
    }
    x = this.#norm(embedding.norm, x);
    blocks.forEach((block, index) => {
      x = this.#block(block, index, x, position);
    });
    x = this.#norm(finalNorm, x);
    if (headProjection !== null) x = this.#linear(headProjection, x);
    return this.#linear(head, x).map((value) => cap(value, logitSoftCap));
  }

  #block(
    { mixer, mixerNorms, feedForward, feedForwardNorms, arrangement }: Block,
    index: number,
    hidden: Vector,
    position: number,
  ): Vector {
    if (mixer.kind !== 'attention') throw new Error('only attention is slow here');
    const x = this.#norm(mixerNorms.before, hidden);
    const mixed = this.#norm(mixerNorms.output, this.#attention(mixer, index, x, position));
    const after = this.#norm(mixerNorms.after, plus(hidden, mixed));
    if (feedForward === null) return after;
    const { before, output } = feedForwardNorms;
    let read = arrangement === 'parallel' ? (before === null ? x : hidden) : after;
    read = this.#norm(before, read);
    let fed: Vector;
    if (feedForward.kind === 'mlp') {
      fed = this.#linear(feedForward.up, read).map((value) => activate(feedForward.activation, value));
    } else if (feedForward.kind === 'glu') {
      const up = this.#linear(feedForward.up, read);
      fed = this.#linear(feedForward.gate, read).map(
        (value, i) => activate(feedForward.activation, value) * up[i]!,
      );
    } else throw new Error('experts are not slow here');
    const fedOut = this.#norm(output, this.#linear(feedForward.down, fed));
    return this.#norm(feedForwardNorms.after, plus(after, fedOut));
  }

  #attention(mixer: Attention, index: number, x: Vector, position: number): Vector {
    const { heads, kvHeads, headDim: d, queryKeyNorm: norms } = mixer;
    const split = (all: Vector, count: number) =>
      Array.from({ length: count }, (_, head) => all.slice(head * d, (head + 1) * d));
    const prepare = (all: Vector, count: number, norm: Norm | null) => {
      const whole = norms?.over === 'all' ? this.#norm(norm, all) : all;
      return split(whole, count)
        .map((head) => (norms?.over === 'head' ? this.#norm(norm, head) : head))
        .flatMap((head) =>
          mixer.position.kind === 'rope' ? this.#rotate(mixer.position, head, position) : head,
        );
    };
    const queries = prepare(this.#linear(mixer.q, x), heads, norms?.q ?? null);
    const { keys, values } = this.#memories[index]!;
    keys.push(prepare(this.#linear(mixer.k, x), kvHeads, norms?.k ?? null));
    values.push(this.#linear(mixer.v, x));
    const mixed = split(queries, heads).flatMap((query, head) => {
      const at = Math.floor(head / (heads / kvHeads)) * d;
      const first = mixer.slidingWindow === null ? 0 : Math.max(0, position + 1 - mixer.slidingWindow);
      const scores = keys.slice(first).map((key, i) => {
        const dot = query.reduce((sum, value, j) => sum + value * key[at + j]!, 0);
        return cap(dot * mixer.scale, mixer.softCap) + bias(mixer, head, first + i, position);
      });
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return Array.from({ length: d }, (_, j) =>
        weights.reduce((sum, weight, i) => sum + (weight / total) * values[first + i]![at + j]!, 0),
      );
    });
    return this.#linear(mixer.o, mixed);
  }

  /** As a multiplication of complex numbers, pair by pair. */
  #rotate(rope: Rope, head: Vector, position: number): Vector {
    const isLong = rope.long !== null && this.#length > rope.long.beyond;
    const { inverseFrequencies, attentionFactor } = isLong ? rope.long! : rope;
    const turned = [...head];
    const pairs = inverseFrequencies.length;
    inverseFrequencies.forEach((frequency, i) => {
      const [a, b] = rope.layout === 'half' ? [i, i + pairs] : [2 * i, 2 * i + 1];
      const [cos, sin] = [Math.cos(position * frequency), Math.sin(position * frequency)];
      turned[a] = attentionFactor * (head[a]! * cos - head[b]! * sin);
      turned[b] = attentionFactor * (head[a]! * sin + head[b]! * cos);
    });
    return turned;
  }

  #row(name: string, row: number, width: number): Vector {
    return [...this.#tensors.get(name)!.subarray(row * width, (row + 1) * width)];
  }

  #linear({ tensor, rows, bias: biasName, outFeatures, inFeatures }: Linear, x: Vector): Vector {
    return Array.from({ length: outFeatures }, (_, out) => {
      const row =
        rows === undefined ? out : rows.first + Math.floor(out / rows.size) * rows.stride + (out % rows.size);
      const weight = this.#tensors.get(tensor)!;
      let sum = biasName === undefined ? 0 : this.#tensors.get(biasName)![row]!;
      for (let k = 0; k < inFeatures; k++) sum += weight[row * inFeatures + k]! * x[k]!;
      return sum;
    });
  }

  #norm(norm: Norm | null, x: Vector): Vector {
    if (norm === null) return x;
    const weight = this.#tensors.get(norm.tensor)!;
    const mean = norm.kind === 'layer' ? x.reduce((sum, value) => sum + value, 0) / x.length : 0;
    const spread = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length + norm.eps);
    const shift = norm.kind === 'layer' && norm.bias !== null ? this.#tensors.get(norm.bias)! : null;
    const offset = norm.kind === 'rms' && norm.unitOffset ? 1 : 0;
    return x.map((value, i) => ((value - mean) / spread) * (offset + weight[i]!) + (shift?.[i] ?? 0));
  }
}

function bias({ position: rule }: Attention, head: number, key: number, query: number): number {
  if (rule.kind !== 'alibi') return 0;
  const slope = rule.slopes[head]!;
  const atKey = rule.rounded ? nearestBfloat16(slope * nearestBfloat16(key)) : slope * key;
  return rule.factor * (atKey - slope * query);
}

/** Eight significant bits, ties to even. */
function nearestBfloat16(value: number): number {
  if (value === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 7);
  const [down, part] = [Math.floor(value / unit), (value / unit) % 1];
  const up = part > 0.5 || (part === 0.5 && down % 2 !== 0);
  return (up ? down + 1 : down) * unit;
}

function cap(value: number, bound: number | null): number {
  return bound === null ? value : bound * Math.tanh(value / bound);
}

function activate(kind: Activation, x: number): number {
  switch (kind) {
    case 'relu':
      return Math.max(0, x);
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'gelu':
      return x * normalDistribution(x);
    case 'gelu-tanh':
      return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  }
}

/** Φ(x) by Simpson's rule over the density from −8. */
function normalDistribution(x: number): number {
  const [from, steps] = [-8, 400];
  if (x <= from) return 0;
  const width = (x - from) / steps;
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(from) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 0 ? 2 : 4) * density(from + i * width);
  return (sum * width) / 3;
}

function plus(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value + b[i]!);
}
