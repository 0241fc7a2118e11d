/** The rule about names and places of files. */
import { inert, type Problem, refusalsOf } from '../problem.ts';
import { placeOf, README } from '../read/places.ts';

export const placeRule = {
  id: 'path',
  demands:
    'Everything below data/results/ is `<handle>/<run id>.json`, its `.parquet`, or `<handle>/<name>.claim.json`, in plain lower case; a Parquet file lies beside its run.',
  severity: 'refused',
} as const;

/** @param present all results of the checkout */
export function placeProblems(asked: Iterable<string>, present: ReadonlySet<string>): readonly Problem[] {
  return [...asked].flatMap((file) => {
    if (file === README) return [];
    const place = placeOf(file);
    if (place === null)
      return [
        refusalsOf(file)(
          placeRule.id,
          inert(file),
          'Call it data/results/<handle>/<run id>.json, as pnpm submission new does.',
        ),
      ];
    if (place.kind !== 'outcomes' || present.has(file.replace(/parquet$/, 'json'))) return [];
    return [
      refusalsOf(file)(
        placeRule.id,
        'outcomes without their run',
        'Send the JSON file of the run with them.',
      ),
    ];
  });
}
