/**
 * Second implementations of the families with experts, written from the papers in plain float64 loops: mixtral,
 * qwen2_moe, olmoe and deepseek_v2. They read the Hugging Face config and share nothing with the code under test.
 */
import { add, logSoftmax, type Matrix, project, rms, type Tensors, times } from './slow-forward.ts';

/** Entries that only some of the families have are read only for those. */
interface Config {
  readonly model_type: string;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim?: number;
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
  readonly tie_word_embeddings?: boolean;
  readonly sliding_window?: number;
  readonly use_sliding_window?: boolean;
  readonly max_window_layers: number;
  readonly num_experts_per_tok: number;
  readonly norm_topk_prob: boolean;
  readonly num_local_experts: number;
  readonly num_experts: number;
  readonly mlp_only_layers: readonly number[];
  readonly decoder_sparse_step: number;
  readonly first_k_dense_replace: number;
  readonly n_routed_experts: number;
  readonly routed_scaling_factor: number;
  readonly topk_method?: string;
  readonly n_group: number;
  readonly topk_group: number;
  readonly q_lora_rank: number | null;
  readonly kv_lora_rank: number;
  readonly qk_nope_head_dim: number;
  readonly qk_rope_head_dim: number;
  readonly v_head_dim: number;
  readonly rope_scaling?: Readonly<Record<string, number>>;
}

/** Logits of every position, `[T][V]`; `cached` rounds what latent attention keeps of a token, before it is turned or not. */
export function slowExpertLogits(
  entries: object,
  tensors: Tensors,
  tokens: readonly number[],
  cached: (row: number[]) => number[] = (row) => row,
  isPreRope = false,
): Matrix {
  const config = entries as Config;
  const H = config.hidden_size;
  const embedding = tensors.get('model.embed_tokens.weight')!;
  const norm = (x: Matrix, name: string) => rms(x, tensors.get(`${name}.weight`)!, config.rms_norm_eps);
  let x: Matrix = tokens.map((token) => Array.from(embedding.subarray(token * H, (token + 1) * H)));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const path = `model.layers.${layer}`;
    const mix = config.model_type === 'deepseek_v2' ? latentAttention : attention;
    x = add(
      x,
      mix(config, tensors, `${path}.self_attn`, norm(x, `${path}.input_layernorm`), layer, {
        cached,
        isPreRope,
      }),
    );
    x = add(x, feedForward(config, tensors, path, layer, norm(x, `${path}.post_attention_layernorm`)));
  }
  const head = config.tie_word_embeddings ? embedding : tensors.get('lm_head.weight')!;
  return norm(x, 'model.norm').map((row) => times(head, row));
}

const PROJECTIONS = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };

const glu = (tensors: Tensors, path: string, x: Matrix, { gate, up, down } = PROJECTIONS) => {
  const ups = project(tensors, `${path}.${up}`, x);
  const inner = project(tensors, `${path}.${gate}`, x).map((row, t) =>
    row.map((g, i) => (g / (1 + Math.exp(-g))) * ups[t]![i]!),
  );
  return project(tensors, `${path}.${down}`, inner);
};

function feedForward(config: Config, tensors: Tensors, path: string, layer: number, x: Matrix): Matrix {
  if (config.model_type === 'mixtral') {
    const names = { gate: 'w1', up: 'w3', down: 'w2' };
    return experts(config, tensors, `${path}.block_sparse_moe`, x, config.num_local_experts, true, names);
  }
  const mlp = `${path}.mlp`;
  if (config.model_type === 'olmoe')
    return experts(config, tensors, mlp, x, config.num_experts, config.norm_topk_prob);
  if (config.model_type === 'qwen2_moe') {
    const dense = config.mlp_only_layers.includes(layer) || (layer + 1) % config.decoder_sparse_step !== 0;
    if (dense) return glu(tensors, mlp, x);
    const routed = experts(config, tensors, mlp, x, config.num_experts, config.norm_topk_prob);
    const gates = project(tensors, `${mlp}.shared_expert_gate`, x);
    const shared = glu(tensors, `${mlp}.shared_expert`, x);
    return add(
      routed,
      shared.map((row, t) => row.map((value) => value / (1 + Math.exp(-gates[t]![0]!)))),
    );
  }
  if (layer < config.first_k_dense_replace) return glu(tensors, mlp, x);
  const routed = experts(config, tensors, mlp, x, config.n_routed_experts, false);
  const scaled = routed.map((row) => row.map((value) => value * config.routed_scaling_factor));
  return add(scaled, glu(tensors, `${mlp}.shared_experts`, x));
}

/** Every expert on every token, weighted by 0 where it was not chosen. */
function experts(
  config: Config,
  tensors: Tensors,
  path: string,
  x: Matrix,
  count: number,
  renormalize: boolean,
  names = PROJECTIONS,
): Matrix {
  const weights = project(tensors, `${path}.gate`, x).map((row) => {
    const p = logSoftmax(row).map(Math.exp);
    const open = openExperts(config, p);
    const order = [...p.keys()].filter((i) => open(i)).sort((a, b) => p[b]! - p[a]! || a - b);
    const chosen = order.slice(0, config.num_experts_per_tok);
    const sum = renormalize ? chosen.reduce((total, i) => total + p[i]!, 0) : 1;
    return p.map((value, i) => (chosen.includes(i) ? value / sum : 0));
  });
  let total = x.map((row) => row.map(() => 0));
  for (let expert = 0; expert < count; expert++) {
    const out = glu(tensors, `${path}.experts.${expert}`, x, names);
    total = add(
      total,
      out.map((row, t) => row.map((value) => value * weights[t]![expert]!)),
    );
  }
  return total;
}

function openExperts(config: Config, p: readonly number[]): (expert: number) => boolean {
  if (config.topk_method !== 'group_limited_greedy') return () => true;
  const size = p.length / config.n_group;
  const best = Array.from({ length: config.n_group }, (_, g) =>
    Math.max(...p.slice(g * size, (g + 1) * size)),
  );
  const order = [...best.keys()].sort((a, b) => best[b]! - best[a]! || a - b).slice(0, config.topk_group);
  return (expert) => order.includes(Math.floor(expert / size));
}

/** Softmax attention for one head: q, k `[T][d]`, v `[T][e]`, keys at most `window − 1` back. */
function head(q: Matrix, k: Matrix, v: Matrix, scale: number, window: number): Matrix {
  return q.map((query, t) => {
    const first = Math.max(0, t - window + 1);
    const scores = k
      .slice(first, t + 1)
      .map((key) => scale * key.reduce((sum, value, i) => sum + value * query[i]!, 0));
    const shares = logSoftmax(scores).map(Math.exp);
    return v[0]!.map((_, i) => shares.reduce((sum, share, j) => sum + share * v[first + j]![i]!, 0));
  });
}

const columns = (x: Matrix, from: number, size: number) => x.map((row) => row.slice(from, from + size));

function attention(config: Config, tensors: Tensors, path: string, x: Matrix, layer: number): Matrix {
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const d = config.head_dim ?? config.hidden_size / heads;
  const sliding =
    config.model_type === 'mixtral' ||
    (config.use_sliding_window && layer % 2 === 0 && layer < config.max_window_layers);
  const window = (sliding && config.sliding_window) || Number.POSITIVE_INFINITY;
  const turn = (row: number[], t: number) =>
    row.map((value, i) => {
      const pair = i < d / 2 ? -row[i + d / 2]! : row[i - d / 2]!;
      const angle = t * config.rope_theta ** ((-2 * (i % (d / 2))) / d);
      return value * Math.cos(angle) + pair * Math.sin(angle);
    });
  const normed = (name: string) => {
    const flat = project(tensors, `${path}.${name}_proj`, x);
    const weight = tensors.get(`${path}.${name}_norm.weight`);
    return weight === undefined ? flat : rms(flat, weight, config.rms_norm_eps);
  };
  const [q, k] = [normed('q'), normed('k')];
  const v = project(tensors, `${path}.v_proj`, x);
  const mixed = Array.from({ length: heads }, (_, h) => {
    const kv = Math.floor((h * kvHeads) / heads) * d;
    return head(
      columns(q, h * d, d).map(turn),
      columns(k, kv, d).map(turn),
      columns(v, kv, d),
      1 / Math.sqrt(d),
      window,
    );
  });
  return project(
    tensors,
    `${path}.o_proj`,
    x.map((_, t) => mixed.flatMap((one) => one[t]!)),
  );
}

function latentAttention(
  config: Config,
  tensors: Tensors,
  path: string,
  x: Matrix,
  _: number,
  { cached, isPreRope }: { readonly cached: (row: number[]) => number[]; readonly isPreRope: boolean },
): Matrix {
  const { num_attention_heads: heads, kv_lora_rank: rank, v_head_dim: dv } = config;
  const [dn, dr] = [config.qk_nope_head_dim, config.qk_rope_head_dim];
  const { frequencies, factor, sharp } = yarn(config, dr);
  const turn = (row: number[], t: number) =>
    row.map((value, i) => {
      const pair = i % 2 === 0 ? -row[i + 1]! : row[i - 1]!;
      const angle = t * frequencies[Math.floor(i / 2)]!;
      return factor * (value * Math.cos(angle) + pair * Math.sin(angle));
    });
  const norm = (y: Matrix, name: string) => rms(y, tensors.get(`${path}.${name}.weight`)!, 1e-6);
  const q =
    config.q_lora_rank === null
      ? project(tensors, `${path}.q_proj`, x)
      : project(tensors, `${path}.q_b_proj`, norm(project(tensors, `${path}.q_a_proj`, x), 'q_a_layernorm'));
  const down = project(tensors, `${path}.kv_a_proj_with_mqa`, x);
  const turning = columns(down, rank, dr);
  const shared = isPreRope ? turning.map(cached).map(turn) : turning.map(turn).map(cached);
  const latent = norm(columns(down, 0, rank), 'kv_a_layernorm').map(cached);
  const up = project(tensors, `${path}.kv_b_proj`, latent);
  const mixed = Array.from({ length: heads }, (_, h) => {
    const at = h * (dn + dr);
    const turned = columns(q, at + dn, dr).map(turn);
    const queries = columns(q, at, dn).map((row, t) => [...row, ...turned[t]!]);
    const keys = columns(up, h * (dn + dv), dn).map((row, t) => [...row, ...shared[t]!]);
    return head(
      queries,
      keys,
      columns(up, h * (dn + dv) + dn, dv),
      sharp ** 2 / Math.sqrt(dn + dr),
      Number.POSITIVE_INFINITY,
    );
  });
  return project(
    tensors,
    `${path}.o_proj`,
    x.map((_, t) => mixed.flatMap((one) => one[t]!)),
  );
}

function yarn(config: Config, d: number) {
  const plain = Array.from({ length: d / 2 }, (_, i) => config.rope_theta ** ((-2 * i) / d));
  const rule = config.rope_scaling;
  if (!rule) return { frequencies: plain, factor: 1, sharp: 1 };
  const at = (turns: number) =>
    (d * Math.log(rule['original_max_position_embeddings']! / (turns * 2 * Math.PI))) /
    (2 * Math.log(config.rope_theta));
  const low = Math.max(0, Math.floor(at(rule['beta_fast']!)));
  const high = Math.min(d - 1, Math.ceil(at(rule['beta_slow']!)));
  const frequencies = plain.map((value, i) => {
    const share = i <= low ? 0 : i >= high ? 1 : (i - low) / (high - low);
    return value * (1 - share) + (value / rule['factor']!) * share;
  });
  const sharpness = (weight: number) => 0.1 * weight * Math.log(rule['factor']!) + 1;
  return {
    frequencies,
    factor: sharpness(rule['mscale']!) / sharpness(rule['mscale_all_dim']!),
    sharp: sharpness(rule['mscale_all_dim']!),
  };
}
