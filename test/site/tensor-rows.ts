/** Made-up rows of the views about tensors. */
import type { TensorProfileRow, TensorSensitivityRow } from '../../data/views.ts';

const HOSTILE = 'Large <script>alert("1")</script> & more';

type Kind = TensorProfileRow['tensor'];

function tensor(
  layer: number,
  name: string,
  kind: Kind,
  kurtosis: number | null,
  changes: Partial<TensorProfileRow> = {},
): TensorProfileRow {
  return {
    model_id: 'large',
    model_name: HOSTILE,
    family: 'llama',
    series: null,
    params_b: 7,
    owner: 'bitloss',
    layer,
    linear: `layers.${layer}.${name}`,
    tensor: kind,
    count: 65_536,
    abs_max: 0.4567,
    std: 0.0312,
    kurtosis,
    channel_kurtosis: kind === 'weight' ? kurtosis : null,
    peak: kurtosis === null ? null : 14.6,
    is_extreme: kurtosis !== null,
    ...changes,
  };
}

export const PROFILE: readonly TensorProfileRow[] = [
  tensor(0, 'q', 'weight', 3.1, { is_extreme: false }),
  tensor(0, 'down', 'weight', 5.3),
  tensor(0, 'up', 'weight', null),
  tensor(0, 'down', 'activation', 7482.6, { peak: 147.04, abs_max: 103.5 }),
  tensor(0, 'q', 'activation', 4.4, { is_extreme: false }),
  tensor(0, 'k', 'key', 13.8),
  tensor(0, 'v', 'value', 9.6),
  tensor(1, 'down', 'weight', 8.3),
  tensor(1, 'q', 'weight', 3, { is_extreme: false }),
  tensor(1, 'down', 'activation', 44.1),
  tensor(1, 'k', 'key', 5.6),
  tensor(1, 'v', 'value', 2.1),
  tensor(0, 'q', 'weight', 99, { model_id: 'small', model_name: 'Small', params_b: 1 }),
];

function sensitivity(
  model: string,
  kind: Kind,
  kurtosis: number,
  loss: number,
  correlation: number | null,
): TensorSensitivityRow {
  return {
    model_id: model,
    model_name: model === 'large' ? HOSTILE : `Model ${model}`,
    family: 'llama',
    params_b: 1,
    tensor: kind,
    kurtosis_mean: kurtosis,
    kurtosis_max: 2 * kurtosis,
    peak_max: 20,
    recipe_id: { weight: 'rtn-w4g64', activation: 'rtn-w4g64a4', key: 'rtn-kv4', value: 'rtn-kv4' }[kind],
    origin: model === 'large' ? 'submitted' : 'measured',
    source_id: 'bitloss',
    n_tasks: 9,
    loss,
    n_models: correlation === null ? 1 : 3,
    rank_correlation: correlation,
  };
}

export const SENSITIVITY: readonly TensorSensitivityRow[] = [
  sensitivity('a', 'weight', 3.2, 0.02, 0.5),
  sensitivity('b', 'weight', 4.1, 0.11, 0.5),
  sensitivity('large', 'weight', 8.8, 0.07, 0.5),
  sensitivity('a', 'activation', 1800, 0.31, -1),
  sensitivity('b', 'activation', 12, 0.9, -1),
  sensitivity('large', 'activation', 440, 0.62, -1),
  sensitivity('a', 'key', 5, -0.01, null),
];
