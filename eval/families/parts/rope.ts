/** Rotary position settings of a config, in the older layout (`rope_theta`, `rope_scaling`) and the newer (`rope_parameters`). */
import { z } from 'zod';
import type { Rope } from '../architecture.ts';
import { frequenciesOf, type RopeRule, ropeRule, ruleProblem } from './rope-rules.ts';

/** The oldest files say `type` for `rope_type`; a file may hold both as long as they agree. */
const scalingEntry = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('type' in value)) return value;
  const { type, ...rest } = value;
  return 'rope_type' in rest && rest.rope_type !== type
    ? { ...rest, rope_type: `${rest.rope_type} and ${type}` }
    : { rope_type: type, ...rest };
}, ropeRule);

/** Of a rotated head: the share of its values that turn. */
const share = z.number().positive().max(1);
const wholeHead = z.literal(1, 'rotation of a part of the head is not supported');

/** `rope_parameters` holds what the older layout keeps in two places. Some classes nest one such object a kind of layer. */
function parametersEntry(part: z.ZodType<number>) {
  return z.preprocess(
    (value) => (isFlat(value) ? { rope_type: 'default', ...value } : value),
    z.intersection(
      scalingEntry,
      z.object({ rope_theta: z.number().positive().optional(), partial_rotary_factor: part.optional() }),
    ),
  );
}

function isFlat(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !('type' in value) &&
    !Object.values(value).some((entry) => entry instanceof Object && !Array.isArray(entry))
  );
}

/** The config keys about rotary positions; spread into a family's object. */
export const ropeKeys = {
  rope_theta: z.number().positive().optional(),
  rope_scaling: scalingEntry.nullish(),
  rope_parameters: parametersEntry(wholeHead).nullish(),
  partial_rotary_factor: wholeHead.optional(),
};

/** The same for families that may rotate a part of each head. */
export const partialRopeKeys = {
  ...ropeKeys,
  rope_parameters: parametersEntry(share).nullish(),
  partial_rotary_factor: share.optional(),
};

export interface RopeSettings {
  readonly theta: number;
  readonly scaling: RopeRule;
  /** Share of each head that is rotated. */
  readonly part: number;
}

type RopeConfig = {
  readonly [Key in keyof typeof partialRopeKeys]?: z.infer<(typeof partialRopeKeys)[Key]> | undefined;
};

/** Merges the two layouts, or says why they cannot be merged. `defaultPart` is what a config without a share means. */
export function ropeSettings(
  config: RopeConfig,
  defaultTheta: number,
  defaultPart = 1,
): RopeSettings | string {
  const { rope_theta: theta, rope_scaling: older, rope_parameters: newer } = config;
  const outside = config.partial_rotary_factor;
  if (newer === null || newer === undefined) {
    const scaling = older ?? { rope_type: 'default' as const };
    return { theta: theta ?? defaultTheta, scaling, part: outside ?? defaultPart };
  }
  if (older !== null && older !== undefined && older.rope_type !== newer.rope_type) {
    return `rope_scaling says "${older.rope_type}" and rope_parameters says "${newer.rope_type}"`;
  }
  if (theta !== undefined && newer.rope_theta !== undefined && theta !== newer.rope_theta) {
    return `rope_theta is ${theta} and rope_parameters.rope_theta is ${newer.rope_theta}`;
  }
  return {
    theta: newer.rope_theta ?? theta ?? defaultTheta,
    scaling: newer,
    part: newer.partial_rotary_factor ?? outside ?? defaultPart,
  };
}

/** Why heads of this size cannot be rotated so; null where they can. */
export function ropeProblem({ scaling, part }: RopeSettings, headDim: number): string | null {
  const dim = Math.floor(headDim * part);
  if (dim < 2 || dim % 2 !== 0) return `${dim} of ${headDim} values would be rotated; pairs are needed`;
  return ruleProblem(scaling, dim);
}

/** @param maxPositions  of the model, from which some rules derive their factor */
export function rope(
  { theta, scaling, part }: RopeSettings,
  headDim: number,
  maxPositions: number,
  layout: Rope['layout'] = 'half',
): Rope {
  const dim = Math.floor(headDim * part);
  return { kind: 'rope', layout, ...frequenciesOf(scaling, theta, dim, maxPositions) };
}
