/** The evidence of a step of a trust history, as a sentence. */
import { evidenceSchema } from '../../data/trust-schema.ts';
import { countText } from './format.ts';

export function evidenceText({ evidence }: { readonly evidence: string | null }): string {
  if (evidence === null) return '';
  const { agreement, engine, machine, url, command } = evidenceSchema.parse(JSON.parse(evidence));
  const parts = [
    agreement === null
      ? null
      : `${countText(agreement.items_equal)} of ${countText(agreement.items)} items and ${countText(agreement.metrics_equal)} of ${countText(agreement.metrics)} scores are the same`,
    agreement?.largest_std_errors == null
      ? null
      : `the largest difference is ${agreement.largest_std_errors.toFixed(2)} standard errors`,
    engine,
    machine,
    command,
    url,
  ];
  const told = parts.filter((part) => part !== null);
  return told.length === 0 ? '' : `${told.join('; ')}.`;
}
