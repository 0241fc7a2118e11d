/**
 * Recipes: a compression method with its settings, as a typed object and as a canonical id, convertible both ways
 * without loss. `fp16` is the uncompressed 16-bit model.
 *
 * Grammar (segments joined by `-`, always in this order):
 *
 *     fp16
 *     <method>[-<tensors>][-<sparsity>][-sym][-minmax|-free][-actorder][-static][-trueseq][-mse][-damp<x>]
 *             [-alpha<x>][-prerope][-compat][-@<variant>]
 *     tensors   w<bits>[g<group>|gx] a<bits> kv<bits>[g<group>|gx]     e.g. w4g128, w4a8kv4, kv4
 *     sparsity  s<percent> | <n>:<m>                             s50: half of the weights are removed; 2:4: 2 of every 4
 *
 * A weight or KV group left out means one group per row (−1); `gx` means that the source does not state it. The method is
 * one or more words; words after the first have no digits.
 */
import { canonicalJson } from './canonical-json.ts';
import { BitlossError } from './errors.ts';

/** Group of input features that share a scale: a size, −1 for a whole row, null where a source does not say. */
export type Group = number | null;

/** How a quantizer chooses the range of a group; see founding-study conventions (i), (ii), (iii). */
export type RangeConvention = 'zero' | 'minmax' | 'free';

export type Sparsity =
  | { readonly kind: 'share'; readonly percent: number }
  | { readonly kind: 'n:m'; readonly n: number; readonly m: number };

export interface Recipe {
  readonly method: string;
  readonly weights: { readonly bits: number; readonly group: Group } | null;
  readonly activations: { readonly bits: number } | null;
  readonly kv: { readonly bits: number; readonly group: Group } | null;
  readonly sparsity: Sparsity | null;
  readonly symmetric: boolean;
  readonly range: RangeConvention;
  readonly actOrder: boolean;
  readonly staticGroups: boolean;
  /** Calibrate each group of linears on the outputs of the compressed ones before it in the same block. */
  readonly trueSequential: boolean;
  readonly mse: boolean;
  /** Share of the mean Hessian diagonal added before factorization; null means the method's default. */
  readonly damping: number | null;
  /** How much of the difficulty moves from activations to weights (SmoothQuant's α); null means the method's default. */
  readonly alpha: number | null;
  /** Keys are rounded before their rotary embedding, not behind it. */
  readonly preRope: boolean;
  /** Does what the published code of the method does where that differs from its paper or from what is right. */
  readonly compat: boolean;
  /** A sub-type that a method names, such as `magnitude` of pb-llm, or one of a source, such as `q4_k_m`; mostly null. */
  readonly variant: string | null;
}

const NUMBER = String.raw`(?:0|[1-9]\d*)(?:\.\d*[1-9])?`;
const GROUP = String.raw`(?:g(?:[1-9]\d*|x))?`;
const TENSORS = new RegExp(`^(?:w(${NUMBER})(${GROUP}))?(?:a(${NUMBER}))?(?:kv(${NUMBER})(${GROUP}))?$`);
const SHARE = new RegExp(`^s(${NUMBER})$`);
const N_OF_M = /^([1-9]\d*):([1-9]\d*)$/;
const DAMPING = new RegExp(`^damp(${NUMBER})$`);
const ALPHA = new RegExp(`^alpha(${NUMBER})$`);
const VARIANT = /^@([a-z0-9][a-z0-9_.+]*)$/;
// Later segments of a method are plain words, and none may look like a setting: a misspelled setting is then no method.
const METHOD = /^[a-z][a-z0-9.+]*(?:-[a-z]{2,}\+?)*$/;
const RESERVED =
  /^(?:sym|minmax|free|actorder|static|trueseq|mse|damp|alpha|prerope|compat|kv|[gwa]x|kvx|(?:w|a|kv|s|g|damp|alpha)\d.*)$/;

/** The recipe of the uncompressed model. */
export const FP16: Recipe = {
  method: 'fp16',
  weights: null,
  activations: null,
  kv: null,
  sparsity: null,
  symmetric: false,
  range: 'zero',
  actOrder: false,
  staticGroups: false,
  trueSequential: false,
  mse: false,
  damping: null,
  alpha: null,
  preRope: false,
  compat: false,
  variant: null,
};

/** True where the stored weights differ from those of the released model: they have fewer bits, or some are removed. */
export function changesWeights({ weights, sparsity }: Recipe): boolean {
  return weights !== null || sparsity !== null;
}

/** Makes the canonical id of a recipe. Throws `recipe/invalid` for one that the grammar cannot say. */
export function formatRecipe(recipe: Recipe): string {
  const segments = [recipe.method, tensorSegment(recipe), sparsitySegment(recipe.sparsity)];
  if (recipe.symmetric) segments.push('sym');
  if (recipe.range !== 'zero') segments.push(recipe.range);
  if (recipe.actOrder) segments.push('actorder');
  if (recipe.staticGroups) segments.push('static');
  if (recipe.trueSequential) segments.push('trueseq');
  if (recipe.mse) segments.push('mse');
  if (recipe.damping !== null) segments.push(`damp${recipe.damping}`);
  if (recipe.alpha !== null) segments.push(`alpha${recipe.alpha}`);
  if (recipe.preRope) segments.push('prerope');
  if (recipe.compat) segments.push('compat');
  if (recipe.variant !== null) segments.push(`@${recipe.variant}`);
  const id = segments.filter((segment) => segment !== '').join('-');
  const back = tryParse(id);
  if (back === null || !isSame(back, { ...FP16, ...recipe })) {
    throw invalid(id, 'this combination of settings has no id');
  }
  return id;
}

const FIELDS = Object.keys(FP16) as (keyof Recipe)[];

/** A database is built from tens of thousands of rows, each with a recipe: most fields are plain values. */
function isSame(a: Recipe, b: Recipe): boolean {
  return FIELDS.every(
    (field) => a[field] === b[field] || canonicalJson(a[field]) === canonicalJson(b[field]),
  );
}

/** Parses a recipe id. Throws `recipe/invalid` with the grammar for anything that is not a canonical id. */
export function parseRecipe(id: string): Recipe {
  const recipe = tryParse(id);
  if (recipe === null)
    throw invalid(id, 'it does not follow the grammar method-w<bits>[g<group>][a<bits>][kv<bits>][-option…]');
  if (formatRecipe(recipe) !== id) throw invalid(id, `its canonical form is "${formatRecipe(recipe)}"`);
  return recipe;
}

function tryParse(id: string): Recipe | null {
  const segments = id.split('-');
  const reader = new SegmentReader(segments);
  const variant = reader.take(VARIANT)?.[1] ?? null;
  const compat = reader.take(/^compat$/) !== null;
  const preRope = reader.take(/^prerope$/) !== null;
  const alpha = reader.take(ALPHA)?.[1] ?? null;
  const damping = reader.take(DAMPING)?.[1] ?? null;
  const mse = reader.take(/^mse$/) !== null;
  const trueSequential = reader.take(/^trueseq$/) !== null;
  const staticGroups = reader.take(/^static$/) !== null;
  const actOrder = reader.take(/^actorder$/) !== null;
  const range = reader.take(/^(minmax|free)$/)?.[1] ?? 'zero';
  const symmetric = reader.take(/^sym$/) !== null;
  const sparsity = parseSparsity(reader);
  const tensors = reader.take(TENSORS);
  const method = reader.rest();
  if (!METHOD.test(method) || method.split('-').some((word) => RESERVED.test(word))) return null;
  return {
    method,
    weights: tensors?.[1] === undefined ? null : { bits: Number(tensors[1]), group: parseGroup(tensors[2]) },
    activations: tensors?.[3] === undefined ? null : { bits: Number(tensors[3]) },
    kv: tensors?.[4] === undefined ? null : { bits: Number(tensors[4]), group: parseGroup(tensors[5]) },
    sparsity,
    symmetric,
    range: range as RangeConvention,
    actOrder,
    staticGroups,
    trueSequential,
    mse,
    damping: damping === null ? null : Number(damping),
    alpha: alpha === null ? null : Number(alpha),
    preRope,
    compat,
    variant,
  };
}

/** Takes segments from the end; the method, which may contain hyphens, is what remains. */
class SegmentReader {
  readonly #segments: string[];

  constructor(segments: readonly string[]) {
    this.#segments = [...segments];
  }

  take(pattern: RegExp): RegExpExecArray | null {
    const last = this.#segments.at(-1);
    if (last === undefined || last === '' || this.#segments.length === 1) return null;
    const match = pattern.exec(last);
    if (match !== null) this.#segments.pop();
    return match;
  }

  rest(): string {
    return this.#segments.join('-');
  }
}

function parseSparsity(reader: SegmentReader): Sparsity | null {
  const share = reader.take(SHARE);
  if (share !== null) return { kind: 'share', percent: Number(share[1]) };
  const pattern = reader.take(N_OF_M);
  return pattern === null ? null : { kind: 'n:m', n: Number(pattern[1]), m: Number(pattern[2]) };
}

function parseGroup(text: string | undefined): Group {
  if (text === undefined || text === '') return -1;
  return text === 'gx' ? null : Number(text.slice(1));
}

function tensorSegment(recipe: Recipe): string {
  const weights = recipe.weights === null ? '' : `w${recipe.weights.bits}${groupToken(recipe.weights.group)}`;
  const activations = recipe.activations === null ? '' : `a${recipe.activations.bits}`;
  const kv = recipe.kv === null ? '' : `kv${recipe.kv.bits}${groupToken(recipe.kv.group)}`;
  return weights + activations + kv;
}

function groupToken(group: Group): string {
  if (group === null) return 'gx';
  return group === -1 ? '' : `g${group}`;
}

function sparsitySegment(sparsity: Sparsity | null): string {
  if (sparsity === null) return '';
  return sparsity.kind === 'share' ? `s${sparsity.percent}` : `${sparsity.n}:${sparsity.m}`;
}

function invalid(id: string, why: string): BitlossError {
  return new BitlossError(
    'recipe/invalid',
    `[recipe] "${id}": ${why}.`,
    'Examples: fp16, rtn-w4g128, gptq-w3g128-actorder, rtn-w4a8kv4, wanda-2:4, sparsegpt-s50.',
    { id },
  );
}
