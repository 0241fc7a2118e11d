/** The rule about names and places of files. */
import { inert, type Problem, refusalsOf } from '../problem.ts';
import { isTrust, placeOf, README, trustPlaceOf } from '../read/places.ts';

export const placeRule = {
  id: 'path',
  demands:
    'Everything below data/results/ is `<handle>/<run id>.json`, its `.parquet`, or `<handle>/<name>.claim.json`, in plain lower case; a Parquet file lies beside its run. Everything below data/trust/ is `<run id or name>/<day>-<state>.json`.',
  severity: 'refused',
} as const;

/** @param present all results of the checkout */
export function placeProblems(asked: Iterable<string>, present: ReadonlySet<string>): readonly Problem[] {
  return [...asked].flatMap((file) => {
    const refuse = (found: string, fix: string) => [refusalsOf(file)(placeRule.id, found, fix)];
    if (file === README) return [];
    if (isTrust(file) && trustPlaceOf(file) === null)
      return refuse(inert(file), 'Call it data/trust/<run id or name>/<day>-<state>.json.');
    if (isTrust(file)) return [];
    const place = placeOf(file);
    if (place === null)
      return refuse(inert(file), 'Call it data/results/<handle>/<run id>.json, as pnpm submission new does.');
    return place.kind !== 'outcomes' || present.has(file.replace(/parquet$/, 'json'))
      ? []
      : refuse('outcomes without their run', 'Send the JSON file of the run with them.');
  });
}
