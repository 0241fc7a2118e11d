/**
 * A second forward pass for the llama and mistral classes, written from the papers in plain float64 loops. It reads the
 * Hugging Face config itself and shares nothing with the code under test.
 */

export interface TinyConfig {
  readonly model_type: 'llama' | 'mistral';
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim?: number;
  readonly rms_norm_eps: number;
  readonly max_position_embeddings: number;
  readonly tie_word_embeddings?: boolean;
  readonly attention_bias?: boolean;
  readonly mlp_bias?: boolean;
  readonly sliding_window?: number | null;
  readonly rope_theta: number;
  readonly rope_scaling?: Readonly<Record<string, number | string>> | null;
}

export type Tensors = ReadonlyMap<string, Float32Array>;

export type Matrix = number[][];

/** Sees the inputs of linears, once for those that share them, and rotated keys and values, `[T][…]`. */
export type Watch = (linear: string, tensor: 'activation' | 'key' | 'value', rows: Matrix) => void;

/** What is done to the input of every linear but the head, and to every head of keys and values. */
export interface SlowRounding {
  readonly input: (row: readonly number[]) => number[];
  readonly cached: (head: readonly number[]) => number[];
  /** Keys are rounded before they are turned. */
  readonly isPreRope: boolean;
}

const EXACT: SlowRounding = { input: (row) => [...row], cached: (head) => [...head], isPreRope: false };

/** Logits of every position, `[T][V]`. */
export function slowLogits(
  config: TinyConfig,
  tensors: Tensors,
  tokens: readonly number[],
  watch: Watch = () => {},
  rounding: SlowRounding = EXACT,
): Matrix {
  const read: Read = (path, rows) => project(tensors, path, rows.map(rounding.input));
  const H = config.hidden_size;
  const tensor = (name: string) => {
    const data = tensors.get(name);
    if (data === undefined) throw new Error(`no tensor ${name}`);
    return data;
  };
  const embedding = tensor('model.embed_tokens.weight');
  let x: Matrix = tokens.map((token) => Array.from(embedding.subarray(token * H, (token + 1) * H)));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const path = `model.layers.${layer}`;
    const normed = rms(x, tensor(`${path}.input_layernorm.weight`), config.rms_norm_eps);
    x = add(x, attention(config, read, `${path}.self_attn`, normed, { watch, ...rounding }));
    const again = rms(x, tensor(`${path}.post_attention_layernorm.weight`), config.rms_norm_eps);
    watch(`${path}.mlp.gate_proj`, 'activation', again);
    const gate = read(`${path}.mlp.gate_proj`, again);
    const up = read(`${path}.mlp.up_proj`, again);
    const inner = gate.map((row, t) => row.map((g, i) => (g / (1 + Math.exp(-g))) * up[t]![i]!));
    watch(`${path}.mlp.down_proj`, 'activation', inner);
    x = add(x, read(`${path}.mlp.down_proj`, inner));
  }
  const last = rms(x, tensor('model.norm.weight'), config.rms_norm_eps);
  const head = config.tie_word_embeddings ? embedding : tensor('lm_head.weight');
  return last.map((row) => times(head, row));
}

/** ln softmax of one row of logits. */
export function logSoftmax(row: readonly number[]): number[] {
  const max = Math.max(...row);
  const sum = row.reduce((total, value) => total + Math.exp(value - max), 0);
  return row.map((value) => value - max - Math.log(sum));
}

/** A linear by its path, applied to rows. */
type Read = (path: string, x: Matrix) => Matrix;

function attention(
  config: TinyConfig,
  read: Read,
  path: string,
  x: Matrix,
  { watch, cached, isPreRope }: SlowRounding & { readonly watch: Watch },
): Matrix {
  const d = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  const group = config.num_attention_heads / config.num_key_value_heads;
  const window =
    config.model_type === 'mistral'
      ? (config.sliding_window ?? Number.POSITIVE_INFINITY)
      : Number.POSITIVE_INFINITY;
  const frequencies = ropeFrequencies(config, d);
  const rotate = (row: number[], position: number) => {
    for (let start = 0; start < row.length; start += d) {
      frequencies.forEach((frequency, i) => {
        const [a, b, angle] = [row[start + i]!, row[start + i + d / 2]!, position * frequency];
        row[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
        row[start + i + d / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      });
    }
    return row;
  };
  const headsOf = (row: readonly number[]) =>
    Array.from({ length: row.length / d }, (_, head) => row.slice(head * d, (head + 1) * d));
  const keep = (row: readonly number[]) => headsOf(row).flatMap(cached);
  const q = read(`${path}.q_proj`, x).map(rotate);
  const rows = read(`${path}.k_proj`, x);
  const k = isPreRope ? rows.map(keep).map(rotate) : rows.map(rotate).map(keep);
  const v = read(`${path}.v_proj`, x).map(keep);
  watch(`${path}.q_proj`, 'activation', x);
  watch(`${path}.k_proj`, 'key', k);
  watch(`${path}.v_proj`, 'value', v);
  const mixed = x.map((_, t) => {
    const out: number[] = [];
    for (let head = 0; head < config.num_attention_heads; head++) {
      const kv = Math.floor(head / group) * d;
      const first = Math.max(0, t - window + 1);
      const scores = Array.from({ length: t - first + 1 }, (_, j) => {
        let dot = 0;
        for (let i = 0; i < d; i++) dot += q[t]![head * d + i]! * k[first + j]![kv + i]!;
        return dot / Math.sqrt(d);
      });
      const shares = logSoftmax(scores).map(Math.exp);
      for (let i = 0; i < d; i++)
        out.push(shares.reduce((sum, share, j) => sum + share * v[first + j]![kv + i]!, 0));
    }
    return out;
  });
  watch(`${path}.o_proj`, 'activation', mixed);
  return read(`${path}.o_proj`, mixed);
}

function ropeFrequencies(config: TinyConfig, d: number): number[] {
  const scaling = config.rope_scaling ?? {};
  const kind = scaling.rope_type ?? scaling.type ?? 'default';
  const number = (name: string) => Number(scaling[name]);
  return Array.from({ length: d / 2 }, (_, i) => {
    const frequency = 1 / config.rope_theta ** ((2 * i) / d);
    if (kind === 'linear') return frequency / number('factor');
    if (kind !== 'llama3') return frequency;
    const wavelength = (2 * Math.PI) / frequency;
    const old = number('original_max_position_embeddings');
    if (wavelength < old / number('high_freq_factor')) return frequency;
    if (wavelength > old / number('low_freq_factor')) return frequency / number('factor');
    const smooth =
      (old / wavelength - number('low_freq_factor')) /
      (number('high_freq_factor') - number('low_freq_factor'));
    return ((1 - smooth) * frequency) / number('factor') + smooth * frequency;
  });
}

export function project(tensors: Tensors, path: string, x: Matrix): Matrix {
  const weight = tensors.get(`${path}.weight`)!;
  const bias = tensors.get(`${path}.bias`);
  return x.map((row) => times(weight, row).map((value, i) => value + (bias?.[i] ?? 0)));
}

/** `weight` [N, K] times a vector [K]. */
export function times(weight: Float32Array, row: readonly number[]): number[] {
  const K = row.length;
  return Array.from({ length: weight.length / K }, (_, n) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += weight[n * K + k]! * row[k]!;
    return sum;
  });
}

export function rms(x: Matrix, weight: Float32Array, eps: number): Matrix {
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    return row.map((value, i) => (value / Math.sqrt(mean + eps)) * weight[i]!);
  });
}

export function add(a: Matrix, b: Matrix): Matrix {
  return a.map((row, t) => row.map((value, i) => value + b[t]![i]!));
}
