/** A second implementation of mamba from the paper in plain float64 loops, token after token. */
import { add, type Matrix, project, rms, type Tensors, times } from './slow-forward.ts';

interface Config {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly expand: number;
  readonly state_size: number;
  readonly conv_kernel: number;
  readonly time_step_rank: number;
  readonly layer_norm_epsilon: number;
  readonly tie_word_embeddings: boolean;
}

/** Logits of every position, `[T][V]`. */
export function slowMambaLogits(entries: object, tensors: Tensors, tokens: readonly number[]): Matrix {
  const config = entries as Config;
  const H = config.hidden_size;
  const embedding = tensors.get('backbone.embeddings.weight')!;
  const norm = (x: Matrix, name: string) => rms(x, tensors.get(`${name}.weight`)!, config.layer_norm_epsilon);
  let x: Matrix = tokens.map((token) => Array.from(embedding.subarray(token * H, (token + 1) * H)));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const path = `backbone.layers.${layer}`;
    x = add(x, mixer(config, tensors, `${path}.mixer`, norm(x, `${path}.norm`)));
  }
  const head = config.tie_word_embeddings ? embedding : tensors.get('lm_head.weight')!;
  return norm(x, 'backbone.norm_f').map((row) => times(head, row));
}

const silu = (value: number) => value / (1 + Math.exp(-value));

function mixer(config: Config, tensors: Tensors, path: string, x: Matrix): Matrix {
  const { state_size: N, conv_kernel: width } = config;
  const D = config.expand * config.hidden_size;
  const rank = config.time_step_rank;
  const both = project(tensors, `${path}.in_proj`, x);
  const kernel = tensors.get(`${path}.conv1d.weight`)!;
  const bias = tensors.get(`${path}.conv1d.bias`);
  const convolved = both.map((_, t) =>
    Array.from({ length: D }, (_, d) => {
      let sum = bias?.[d] ?? 0;
      for (let j = 0; j < width; j++) sum += kernel[d * width + j]! * (both[t - width + 1 + j]?.[d] ?? 0);
      return silu(sum);
    }),
  );
  const selected = project(tensors, `${path}.x_proj`, convolved);
  const steps = project(
    tensors,
    `${path}.dt_proj`,
    selected.map((row) => row.slice(0, rank)),
  );
  const [logDecay, skip] = [tensors.get(`${path}.A_log`)!, tensors.get(`${path}.D`)!];
  const state = Array.from({ length: D }, () => new Array<number>(N).fill(0));
  const scanned = convolved.map((row, t) =>
    row.map((u, d) => {
      const delta = Math.log1p(Math.exp(steps[t]![d]!));
      let y = skip[d]! * u;
      for (let n = 0; n < N; n++) {
        const kept = Math.exp(-delta * Math.exp(logDecay[d * N + n]!)) * state[d]![n]!;
        state[d]![n] = kept + delta * u * selected[t]![rank + n]!;
        y += state[d]![n]! * selected[t]![rank + N + n]!;
      }
      return y * silu(both[t]![D + d]!);
    }),
  );
  return project(tensors, `${path}.out_proj`, scanned);
}
