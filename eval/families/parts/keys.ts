/** Config keys and value kinds that many families read. */
import { z } from 'zod';
import type { Activation } from '../architecture.ts';

// Limits far above every published model; they keep a hostile config from exhausting memory.
export const dimension = z
  .int()
  .positive()
  .max(2 ** 24);
export const layerCount = z.int().positive().max(4096);
export const epsilon = z.number().positive();

/** The names that transformers gives them. `gelu_new`, `gelu_fast` and `gelu_pytorch_tanh` are one function. */
const ACTIVATIONS = {
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
} as const satisfies Record<string, Activation>;

export type ActivationName = keyof typeof ACTIVATIONS;

const names = Object.keys(ACTIVATIONS) as [ActivationName, ...ActivationName[]];

/** The name of an activation function as an `Activation`; `missing` where a config has none. */
export function activationKey(missing: ActivationName) {
  return z
    .enum(names, `only ${names.map((name) => `"${name}"`).join(', ')} are supported`)
    .prefault(missing)
    .transform((name): Activation => ACTIVATIONS[name]);
}

/**
 * Gives keys of older configs their present name; a present name that is there already stays.
 * @param names  present name by older name
 */
export function renameKeys(names: Readonly<Record<string, string>>) {
  return (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const renamed = Object.entries(value).map(([key, entry]) => [names[key] ?? key, entry]);
    return { ...Object.fromEntries(renamed), ...pick(value, Object.values(names)) };
  };
}

function pick(value: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

/** Reports a number of heads that does not divide the hidden size. */
export function checkHeads(hiddenSize: number, heads: number, context: z.RefinementCtx): void {
  if (hiddenSize % heads === 0) return;
  context.addIssue({
    code: 'custom',
    path: ['num_attention_heads'],
    message: `${heads} heads do not divide hidden_size ${hiddenSize}`,
  });
}
