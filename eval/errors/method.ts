/** Every message about compression methods and packed formats. */
import { BitlossError } from '../../data/errors.ts';
import { didYouMean } from '../nearest.ts';

export const methodErrors = {
  groupSize: (method: string, linear: string, group: number, K: number) =>
    new BitlossError(
      'method/group-size',
      `[${method}] ${linear}: group size ${group} does not divide K = ${K}.`,
      divisorHint(group, K),
      { method, linear, group, K },
    ),
  groupCount: (method: string, linear: string, group: number, K: number, limit: number) =>
    new BitlossError(
      'method/group-count',
      `[${method}] ${linear}: group size ${group} makes ${K / group} groups of K = ${K} columns, more than ${limit}.`,
      'Use larger groups.',
      { method, linear, group, K, limit },
    ),
  pattern: (method: string, linear: string, n: number, m: number, K: number) =>
    new BitlossError(
      'method/pattern',
      `[${method}] ${linear}: ${n} of every ${m} weights of a row cannot be removed, since ${m} does not divide K = ${K}.`,
      patternHint(n, m, K),
      { method, linear, n, m, K },
    ),
  patternGroup: (method: string, linear: string, n: number, m: number, group: number) =>
    new BitlossError(
      'method/pattern-group',
      `[${method}] ${linear}: groups of ${group} columns begin inside the runs of ${m} from which ${n} weights are removed.`,
      `Use a group size that ${m} divides, such as ${m * Math.ceil(128 / m)}.`,
      { method, linear, n, m, group },
    ),
  notFinite: (method: string, linear: string, row: number, column: number, value: number) =>
    new BitlossError(
      'method/not-finite',
      `[${method}] ${linear}: the weight in row ${row}, column ${column} is ${value}, which has no place on an integer grid.`,
      'Check the checkpoint; a weight file with NaN or infinite values is damaged or was saved after a diverged training.',
      { method, linear, row, column },
    ),
  inputNotFinite: (method: string, linear: string, channel: number) =>
    new BitlossError(
      'method/input-not-finite',
      `[${method}] ${linear}: the calibration data made channel ${channel} of its input NaN or infinite.`,
      'Check that the 16-bit model runs on the calibration text.',
      { method, linear, channel },
    ),
  weightTooLarge: (method: string, linear: string, row: number, column: number, value: number) =>
    new BitlossError(
      'method/weight-too-large',
      `[${method}] ${linear}: the weight in row ${row}, column ${column} is ${value}, beyond the largest half-precision number, 65504.`,
      'Check the checkpoint: weights this large are unusual.',
      { method, linear, row, column, value },
    ),
  shape: (method: string, linear: string, N: number, K: number, length: number) =>
    new BitlossError(
      'method/shape',
      `[${method}] ${linear}: a matrix of N = ${N} rows and K = ${K} columns needs ${N * K} weights, got ${length}.`,
      'Check that the config belongs to this checkpoint.',
      { method, linear, N, K, length },
    ),
  scaleTooLarge: (method: string, linear: string, row: number, group: number) =>
    new BitlossError(
      'method/scale-too-large',
      `[${method}] ${linear}: group ${group} of row ${row} needs a scale beyond the largest half-precision number, 65504.`,
      'Use more bits or smaller groups, or check the checkpoint: weights this large are unusual.',
      { method, linear, row, group },
    ),
  hessianShape: (method: string, linear: string, K: number, hessianK: number) =>
    new BitlossError(
      'method/hessian-shape',
      `[${method}] ${linear}: the matrix has K = ${K} columns, but its calibration statistics have ${hessianK}.`,
      'This is a fault of the engine or of the architecture description; please report it.',
      { method, linear, K, hessianK },
    ),
  unknown: (method: string, known: readonly string[]) =>
    new BitlossError(
      'method/unknown',
      `[methods] unknown method "${method}".`,
      [didYouMean(method, known), `Known: ${known.join(', ')} (${known.length}).`].join(' ').trim(),
      { method },
    ),
  unsupported: (recipe: string, reason: string) =>
    new BitlossError('method/unsupported', `[methods] ${recipe}: ${reason}.`, 'Choose another recipe.', {
      recipe,
    }),
};

export const precisionErrors = {
  noCache: (recipe: string, family: string) =>
    new BitlossError(
      'precision/no-cache',
      `[methods] ${recipe}: a ${family} model carries a state from token to token and has no keys and values to round.`,
      'Choose a recipe for weights or activations.',
      { recipe, family },
    ),
  noRotary: (recipe: string, family: string) =>
    new BitlossError(
      'precision/no-rotary',
      `[methods] ${recipe}: a ${family} model has no rotary embedding that keys could be rounded before.`,
      'Leave "prerope" out.',
      { recipe, family },
    ),
  groupSize: (recipe: string, name: string, group: number, width: number) =>
    new BitlossError(
      'precision/group-size',
      `[methods] ${recipe}: group size ${group} does not divide the ${width} numbers of a head, made by ${name}.`,
      'Use a divisor, or leave the group out: the whole head then shares a grid.',
      { recipe, name, group, width },
    ),
};

export const formatErrors = {
  unknown: (format: string, known: readonly string[]) =>
    new BitlossError(
      'format/unknown',
      `[formats] unknown format "${format}".`,
      `Known: ${known.join(', ')} (${known.length}).`,
      { format },
    ),
  damaged: (format: string, what: string) =>
    new BitlossError(
      'format/damaged',
      `[${format}] packed weights: ${what}.`,
      'Delete the compressed model; it will be made again.',
      { format },
    ),
};

/** The usual patterns of the same share that fit, else the share itself. */
function patternHint(n: number, m: number, K: number): string {
  const share = Number(((100 * n) / m).toFixed(2));
  const fitting = [2, 4, 8].filter((run) => K % run === 0 && (run * n) % m === 0);
  const patterns = fitting.map((run) => `${(run * n) / m}:${run}`);
  return `Use ${[...patterns, `s${share}, which has no pattern`].join(' or ')}.`;
}

/** The two usual sizes nearest to the one that does not divide. */
function divisorHint(group: number, K: number): string {
  const usual = [32, 64, 128, 256].filter((size) => K % size === 0);
  const distance = (size: number) => Math.abs(Math.log(size / group));
  const nearest = usual.toSorted((a, b) => distance(a) - distance(b)).slice(0, 2);
  if (nearest.length === 0) return 'Use -1, one group per row.';
  return `Use a divisor such as ${nearest.toSorted((a, b) => a - b).join(' or ')}.`;
}
