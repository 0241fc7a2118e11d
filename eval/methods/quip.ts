/** QuIP: rounds with feedback on one grid for a whole matrix, in a random basis in which no weight stands out. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { methodErrors } from '../errors/method.ts';
import { packIncoherent } from '../formats/incoherent.ts';
import { Hessian } from '../math/hessian.ts';
import { columnFactors, gridEnd, type Incoherence } from '../math/incoherence.ts';
import { checkWeights } from '../operations/checks.ts';
import type { ColumnRule, FactorHandle, HessianHandle, Operations } from '../operations/operations.ts';
import { DEFAULT_DAMPING, HESSIAN_DEVIATIONS, weightReason } from './binary.ts';
import { type DenseLinear, defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  bits: z.int().min(2).max(8),
  /** Visit columns of the incoherent basis by falling H'_ii. */
  actOrder: z.boolean(),
  /** Passes in which every code becomes the best one beside all others. */
  passes: z.int().min(0),
  /** Share of mean(H'_ii) added to the diagonal, beside the one that the projection adds. */
  damping: z.number().min(0).max(1),
});

type Settings = z.infer<typeof settings>;

/** Of all orthogonal matrices; recorded with what they turn. */
const SEED = 0;
/** Chee et al. 2023, code: what is added to a Hessian of mean diagonal 1 when it is projected. */
const PROJECTION_DAMPING = 0.01;
/** The variant that goes on with greedy passes over columns by falling diagonal, LDLQ-RG. */
const GREEDY = 'rg';
/** Chee et al. 2023, code of LDLQ-RG: at most so many. */
const GREEDY_PASSES = 9;

export const quip = defineMethod({
  id: 'quip',
  title: 'QuIP',
  paper: {
    authors: 'Chee et al.',
    year: 2023,
    arxiv: '2307.13304',
    where: 'Algorithms 1 to 3, LDLQ and LDLQ-RG',
  },
  deviations: [
    'LDLQ is computed as the column loop of GPTQ, which it equals: from the first column to the last of a basis whose columns are in random order in any case. Halves go to even codes; the paper rounds them up.',
    'The two factors of a width are its largest divisor up to the root and the rest; the published code deals out prime factors in turn. All linears of a width share the orthogonal matrices of one seed, one for rows and one for columns; the published code draws anew for each.',
    'Column factors d are over their mean and in half precision, as they are stored, no smaller than 2^−14; the scale of a matrix is in half precision. Diagonals count as at least 1e-8 of the largest; the published code has absolute limits.',
    ...HESSIAN_DEVIATIONS.slice(0, 1),
    'A Hessian that is not positive definite is tried again with ten times the damping, up to six times; then, and for a layer without calibration input, weights are rounded in the incoherent basis without feedback. Each is noted. The reference code fails.',
    'LDLQ-RG is the variant `@rg`: columns by falling diagonal, then up to nine greedy passes over them, the default of the published function. A code that leaves the grid is put back at once; the published code does so at the end of a pass and goes on with the errors from before.',
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, ['actOrder', 'trueSequential', 'damping', 'variant']);
    return unknown ?? variantReason(recipe) ?? weightReason(recipe) ?? gridReason(recipe);
  },
  fromRecipe: ({ weights, actOrder, variant, damping }): Settings =>
    settings.parse({
      bits: weights?.bits,
      actOrder: actOrder || variant === GREEDY,
      passes: variant === GREEDY ? GREEDY_PASSES : 0,
      damping: damping ?? DEFAULT_DAMPING,
    }),
  // One grid a matrix fits every shape.
  check: () => undefined,
  async quantize(linear, { bits, actOrder, passes, damping }, { statistics: hessian, operations }) {
    const { name, N, K } = linear;
    if (hessian.K !== K) throw methodErrors.hessianShape('quip', name, K, hessian.K);
    const squares = await operations.incoherence.columnSquares('quip', linear);
    if (!squares.every(Number.isFinite)) checkWeights('quip', linear);
    // Rescale.
    const basis = { seed: SEED, columns: columnFactors(await hessian.diagonal(), squares) };
    const end = gridEnd(basis.columns, squares, N);
    if (!Number.isFinite(end)) throw methodErrors.scaleTooLarge('quip', name, 0, 0);
    // Project and damp.
    const added = PROJECTION_DAMPING + damping * (1 + PROJECTION_DAMPING);
    const found = await factorOf(operations, hessian, basis, added, actOrder);
    try {
      // Codes from 0: the grid −s…s as 0…2s.
      const turned = await operations.incoherence.turn('quip', linear, basis, end);
      const scale = Math.fround((2 * end) / (2 ** bits - 1));
      const rule = {
        bits,
        group: -1,
        symmetric: false,
        range: 'minmax',
        mse: false,
        staticGroups: false,
      } as const;
      const rounded = await operations.roundColumns(
        'quip',
        turned,
        { ...rule, actOrder, fixed: { scale, zero: 0 }, ...descentOf(found, passes) },
        found.factor,
      );
      const stream = rounded.packed.buffers.codes!.bytes;
      const packed = packIncoherent({ N, K, bits, stream, end, ...basis });
      return {
        packed,
        hessianLoss: found.state === 'found' ? rounded.loss : null,
        notes: notesOf(linear, found, added),
      };
    } finally {
      found.release();
    }
  },
});

function variantReason({ variant, actOrder }: Recipe): string | null {
  if (variant === null) return null;
  if (variant !== GREEDY) return `it has no variant "${variant}"; @${GREEDY} goes on with greedy passes`;
  return actOrder ? `@${GREEDY} visits columns by falling diagonal in any case; leave actorder out` : null;
}

function gridReason({ weights }: Recipe): string | null {
  if (weights === null) return null;
  if (!Number.isInteger(weights.bits) || weights.bits < 2 || weights.bits > 8)
    return `${weights.bits}-bit weights are not supported; 2 to 8 whole bits are`;
  return weights.group === -1 ? null : 'quip has one grid for a whole matrix; leave the group out';
}

interface FoundFactor {
  readonly factor: FactorHandle;
  /** What it was found of. */
  readonly hessian: HessianHandle;
  /** Of the Hessian; where it has no factor, that of the identity is used, which feeds nothing back. */
  readonly state: FactorHandle['state'];
  readonly damping: number;
  readonly release: () => void;
}

async function factorOf(
  operations: Operations,
  hessian: HessianHandle,
  basis: Incoherence,
  damping: number,
  actOrder: boolean,
): Promise<FoundFactor> {
  const turned = await operations.incoherence.turnHessian(hessian, basis);
  const factor = await turned.factor(damping, actOrder);
  const { state } = factor;
  if (state === 'found')
    return { factor, hessian: turned, state, damping: factor.damping, release: () => turned.release() };
  turned.release();
  const { K } = hessian;
  const identity = operations.hessian(
    new Hessian(
      Float64Array.from({ length: K * K }, (_, at) => (at % (K + 1) === 0 ? 1 : 0)),
      K,
    ),
  );
  const plain = await identity.factor(damping, actOrder);
  return {
    ...{ factor: plain, hessian: identity, state, damping: factor.damping },
    release: () => identity.release(),
  };
}

/** Without a Hessian the nearest codes are the best already. */
function descentOf({ state, hessian }: FoundFactor, passes: number): Pick<ColumnRule, 'descent'> {
  return state === 'found' && passes > 0 ? { descent: { hessian, passes } } : {};
}

function notesOf({ name }: DenseLinear, { state, damping }: FoundFactor, asked: number): string[] {
  switch (state) {
    case 'empty':
      return [
        `${name}: all its inputs were zero, or none came, in the calibration data; rounded in the incoherent basis without feedback.`,
      ];
    case 'none':
      return [
        `${name}: the Hessian has no factor up to a damping of ${damping}; rounded in the incoherent basis without feedback.`,
      ];
    case 'found':
      return damping === asked
        ? []
        : [`${name}: the Hessian is not positive definite at a damping of ${asked}; ${damping} was used.`];
  }
}
