/** Hand-made rows of the views that put abilities, families and sizes side by side. */
import type { AbilityByBitsRow, CurveByFamilyRow, MemoryFrontRow } from '../../data/views.ts';

const HOSTILE = 'GPTQ <script>alert("1")</script> & more';

export function family(
  name: string,
  bits: number,
  kept: number,
  changes: Partial<CurveByFamilyRow> = {},
): CurveByFamilyRow {
  return {
    origin: 'measured',
    family: name,
    method_id: 'rtn',
    method_title: 'RTN',
    method_group: 'rounding',
    nominal_bits: bits,
    kept,
    kept_half: 0.02,
    n_models: 1,
    n_recipes: 1,
    ...changes,
  };
}

export const FAMILIES: readonly CurveByFamilyRow[] = [
  family('llama', 4, 0.98),
  family('llama', 3, 0.9),
  family('llama', 2, 0.1),
  family('mamba', 4, 0.99),
  family('mamba', 3, 0.6, { kept_half: null }),
  family('mamba', 2, 0.2),
  family('llama', 3, 0.95, { method_id: 'gptq', method_title: HOSTILE }),
  family('llama', 2, -0.1, { method_id: 'gptq', method_title: HOSTILE }),
  family('opt', 3, 0.1, { origin: 'reported' }),
];

function ability(
  name: string,
  bits: number,
  kept: number,
  changes: Partial<AbilityByBitsRow> = {},
): AbilityByBitsRow {
  return {
    origin: 'measured',
    method_id: 'rtn',
    method_title: 'RTN',
    method_group: 'rounding',
    ability: name,
    nominal_bits: bits,
    kept,
    n_models: 5,
    low: kept - 0.05,
    high: kept + 0.05,
    ...changes,
  };
}

export const ABILITIES: readonly AbilityByBitsRow[] = [
  ability('all', 3, 0.8),
  ability('knowledge', 3, 0.9),
  ability('calibration', 3, 0.5),
  ability('trust', 3, 0.7, { low: null, high: null, n_models: 2 }),
  ability('knowledge', 4, 0.99),
  ability('calibration', 2, -0.02, { low: 0 }),
  ability('knowledge', 3, 0.95, { method_id: 'gptq', method_title: HOSTILE }),
  ability('knowledge', 3, 0.1, { origin: 'reported' }),
];

export function front(
  model: string,
  recipe: string,
  bytes: number,
  score: number,
  changes: Partial<MemoryFrontRow> = {},
): MemoryFrontRow {
  return {
    origin: 'measured',
    source_id: 'bitloss',
    source_title: 'Bitloss',
    model_id: model,
    model_name: model.toUpperCase(),
    family: 'llama',
    series: null,
    params_b: 1,
    recipe_id: recipe,
    method_id: recipe.split('-')[0]!,
    method_title: recipe === 'gptq-w4' ? HOSTILE : recipe.split('-')[0]!.toUpperCase(),
    method_group: 'rounding',
    w_bits: 4,
    bits: 4,
    bytes,
    bytes_is_nominal: false,
    is_baseline: recipe === 'fp16',
    measure: 'tasks',
    score,
    n_tasks: 3,
    is_front: false,
    ...changes,
  };
}

export const FRONT: readonly MemoryFrontRow[] = [
  front('small', 'rtn-w2', 1e8, -0.05, { is_front: true }),
  front('small', 'gptq-w4', 2e8, 0.6, { is_front: true }),
  front('large', 'rtn-w4', 4e8, 0.78, { is_front: true }),
  front('small', 'fp16', 8e8, 0.7),
  front('large', 'fp16', 1.6e9, 0.8, { is_front: true }),
  front('other', 'fp16', 1.6e9, 0.9, { source_id: 'another' }),
  front('large', 'fp16', 1.6e9, 5, { measure: 'perplexity' }),
];

const printed = { origin: 'reported', measure: 'perplexity', source_id: 'awq', source_title: 'AWQ' } as const;
export const FRONT_REPORTED: readonly MemoryFrontRow[] = [
  front('small', 'rtn-w2', 1e8, 1e5, { ...printed, is_front: true }),
  front('small', 'gptq-w4', 2e8, 6, { ...printed, is_front: true }),
  front('small', 'fp16', 8e8, 5.5, { ...printed, is_front: true }),
  front('large', 'rtn-w4', 9e8, 5.1, { ...printed, is_front: true }),
  front('large', 'fp16', 1.6e9, 5, { ...printed, is_front: true }),
  front('large', 'fp16', 1.6e9, 0.8),
];
