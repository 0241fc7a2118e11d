/** The evidence of a step of a trust history, as sentences. */
import { type Agreement, evidenceSchema } from '../../data/trust-schema.ts';
import { countText, plural } from './format.ts';

export interface EvidenceWords {
  /** What was compared, and how well it agrees. */
  readonly figures: string;
  /** With what, and what could not be the same. */
  readonly means: string;
  /** Makes the evidence again. */
  readonly command: string | null;
  readonly url: string | null;
}

/** Null for a step without evidence. */
export function evidenceWords({ evidence }: { readonly evidence: string | null }): EvidenceWords | null {
  if (evidence === null) return null;
  const { agreement, engine, machine, url, command, differs, code_commit } = evidenceSchema.parse(
    JSON.parse(evidence),
  );
  const means = [engine, machine, code_commit === null ? null : `code ${code_commit.slice(0, 7)}`];
  const told = means.filter((part) => part !== null).join('; ');
  return {
    figures: agreement === null ? '' : `${figuresOf(agreement).join(', ')}.`,
    means: [
      told === '' ? '' : `With ${told}.`,
      differs.length === 0 ? '' : `Not the same: ${differs.map(shorten).join('; ')}.`,
    ]
      .filter((part) => part !== '')
      .join(' '),
    command,
    url,
  };
}

function figuresOf(agreement: Agreement): readonly string[] {
  const { cells, items, items_equal, numbers, numbers_equal, metrics, metrics_equal } = agreement;
  const { largest_std_errors: distance, noise_floor: floor, floor_source } = agreement;
  const of = (equal: number, all: number) => `${countText(equal)} of ${countText(all)}`;
  return [
    `${plural(cells, 'cell')} measured again`,
    ...(items === 0 ? [] : [`${of(items_equal, items)} items have the same outcome`]),
    ...(numbers === 0
      ? []
      : [`${of(numbers_equal, numbers)} numbers of items are the same to the published digits`]),
    ...(metrics === 0 ? [] : [`${of(metrics_equal, metrics)} scores are identical`]),
    ...(distance === null || distance === 0
      ? []
      : [`the largest difference is ${distance.toPrecision(2)} standard errors`]),
    floor === null
      ? 'how much noise explains is not known'
      : `noise explains ${Number((100 * floor).toPrecision(2))} % of items (${floor_source})`,
  ];
}

/** Commits as git shows them; the whole ones are in the file of the record. */
function shorten(text: string): string {
  return text.replace(/\b([0-9a-f]{7})[0-9a-f]{33}\b/g, '$1');
}
