/**
 * How far two honest measurements of the same may lie apart, and how that is known: the one place where these limits
 * stand. They were measured; docs/gpu.md, Precision and Measured again, has the figures.
 */
import { changesWeights, parseRecipe } from '../../data/recipe.ts';
import type { Manifest } from '../../data/schema.ts';
import { findMethod } from '../methods/index.ts';

export interface NoiseFloor {
  /** Share of a cell's items whose outcome may differ. */
  readonly items: number;
  /** Distance of the log-likelihood of an item, beyond the rounding of what is published; null: not limited. */
  readonly nats: number | null;
  /** Distance of a score that is made of log-likelihoods, in published standard errors. */
  readonly stdErrors: number;
  /** For readers of a record: where the limits are from. */
  readonly source: string;
}

/** The same engine on the same machine. */
export const IDENTICAL: NoiseFloor = {
  items: 0,
  nats: 0,
  stdErrors: 0,
  source: 'the same engine on the same device gives the same bits',
};

/** GPUs of one architecture and as many multiprocessors, for which libraries choose the same kernels. */
const TWINS = ['NVIDIA H100 80GB HBM3', 'NVIDIA H200'];

/** Thirteen runs of one came out of the other without one other bit, weights calibrated there included. */
export const TWIN_GPU: NoiseFloor = {
  ...IDENTICAL,
  source: 'H100 (HBM3) and H200 in float32: no other bit in 5,565 cells of 2,993,175 items',
};

/**
 * Sums are rounded in another order, weights are the same. No other outcome among 10,800 items of `bitloss-llama-0.5m` and
 * 3,250 questions to thirteen models: below 3 in 14,050 with 95 % confidence.
 */
export const FLOAT32: NoiseFloor = {
  items: 2e-4,
  nats: 2e-3,
  stdErrors: 0.05,
  source: 'float32 on both: no other outcome among 14,050 items, log-likelihoods of texts within 0.002',
};

/** Keys and values are rounded to a grid that moves with them: what stands between two codes may get the other one. */
export const ROUNDED_CACHE: NoiseFloor = {
  items: 0.003,
  nats: null,
  stdErrors: 0.25,
  source: 'rounded keys and values: at most 0.2 % of the items of a task, 0.13 standard errors',
};

/** Every input of every linear layer is rounded so. */
export const ROUNDED_ACTIVATIONS: NoiseFloor = {
  items: 0.025,
  nats: null,
  stdErrors: 1,
  source: 'rounded activations: at most 2.2 % of the items of a task, 0.64 standard errors',
};

export const SIXTEEN_BITS: NoiseFloor = {
  items: 0.001,
  nats: null,
  stdErrors: 0.5,
  source: 'float16 or bfloat16 against float32: another answer to 2 of 3,250 questions',
};

/** What decides the rounding of a run. */
export interface Stack {
  readonly engine: Pick<Manifest['engine'], 'id' | 'version' | 'provider'>;
  readonly machine: Pick<Manifest['machine'], 'cpu' | 'cores' | 'gpu' | 'os' | 'node'>;
  /** Of the model. */
  readonly params: number;
}

export function stackOf({ engine, machine, models }: Manifest): Stack {
  return { engine, machine, params: models[0]!.params };
}

/**
 * @param isPart  only some items of a cell are measured again, so that they share batches with others
 * @returns null where nothing is known: no agreement can be stated
 */
export function floorFor(published: Stack, again: Stack, recipe: string, isPart: boolean): NoiseFloor | null {
  if (isSame(published, again) && (!isPart || again.engine.id === 'cuda')) return IDENTICAL;
  if (areTwins(published, again)) return TWIN_GPU;
  const parsed = parseRecipe(recipe);
  // One other code in a block changes what all blocks behind it are calibrated on: as good a model, but another one.
  if (changesWeights(parsed) && findMethod(parsed.method).needs !== 'nothing') return null;
  const types = [published, again].map(typeOf);
  if (types.includes(null)) return null;
  if (parsed.activations !== null) return ROUNDED_ACTIVATIONS;
  if (types.some((type) => type !== 'f32')) return SIXTEEN_BITS;
  return parsed.kv === null ? FLOAT32 : ROUNDED_CACHE;
}

function isSame(a: Stack, b: Stack): boolean {
  const engine = ({ engine: { id, version, provider } }: Stack) => `${id} ${version} ${provider}`;
  return engine(a) === engine(b) && deviceOf(a) === deviceOf(b);
}

/** A second GPU of a kind changes nothing. */
function deviceOf({ engine, machine: { cpu, cores, gpu, os, node } }: Stack): string {
  return engine.id === 'cuda' ? (gpu ?? '').replace(/^\d+ × /, '') : [cpu, cores, os, node].join();
}

function areTwins(...stacks: readonly [Stack, Stack]): boolean {
  const [a, b] = stacks;
  return (
    a.engine.version === b.engine.version &&
    stacks.every((stack) => TWINS.includes(deviceOf(stack)) && typeOf(stack) === 'f32')
  );
}

const LARGE = 100e6;

/** Of weights and activations. */
function typeOf({ engine, params }: Stack): 'f32' | 'f16' | 'bf16' | null {
  if (engine.id === 'onnx') return 'f32';
  const type = /^cuda-(f32|f16|bf16|auto)$/.exec(engine.provider)?.[1];
  if (type === undefined) return null;
  if (type !== 'auto') return type as 'f32' | 'f16' | 'bf16';
  return params < LARGE ? 'f32' : 'bf16';
}

/** One false alarm in a thousand honest cells, and what a normal variable exceeds so seldom. */
const FALSE_ALARM = 1e-3;
const NORMAL_QUANTILE = 3.09;
/** Differences to be expected from which on a binomial variable is taken as normal. */
const MANY = 200;

/** The most items of `n` that may differ where each does with probability `share`: beyond, chance is below 1/1000. */
export function allowedItems(n: number, share: number): number {
  if (share === 0) return 0;
  const mean = n * share;
  if (mean > MANY) return Math.ceil(mean + NORMAL_QUANTILE * Math.sqrt(mean * (1 - share)));
  let term = Math.exp(n * Math.log1p(-share));
  let sum = term;
  let most = 0;
  while (1 - sum > FALSE_ALARM && most < n) {
    term *= ((n - most) / (most + 1)) * (share / (1 - share));
    sum += term;
    most += 1;
  }
  return most;
}
