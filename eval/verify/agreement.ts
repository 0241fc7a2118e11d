/** What all compared cells say together. */
import type { Agreement } from '../../data/trust-schema.ts';
import type { CellComparison } from './compare-cell.ts';
import { allowedItems } from './noise-floor.ts';

/** True where nothing is beyond the noise floor, and something was compared. */
export function agrees(cells: readonly CellComparison[]): boolean {
  const { items, metrics } = agreementOf(cells);
  return items + metrics > 0 && faultsOf(cells).length === 0;
}

/** What each cell may differ by is more than what all of them together may. */
function faultsOf(cells: readonly CellComparison[]): readonly string[] {
  const alone = cells.flatMap(({ recipe, task, faults }) =>
    faults.map((fault) => `${recipe} ${task}: ${fault}`),
  );
  const byShare = Map.groupBy(
    cells.filter(({ floor }) => floor !== null),
    ({ floor }) => floor!.items,
  );
  const together = [...byShare].flatMap(([share, same]) => {
    const items = same.reduce((sum, cell) => sum + cell.items.items, 0);
    const different = same.reduce((sum, cell) => sum + cell.items.different.length, 0);
    const allowed = allowedItems(items, share);
    const isTold = share === 0 || same.length === 1 || different <= allowed;
    return isTold
      ? []
      : [`${same.length} cells together: ${different} of ${items} items differ; noise explains ${allowed}.`];
  });
  return [...alone, ...together];
}

export function agreementOf(cells: readonly CellComparison[]): Agreement {
  const sum = (of: (cell: CellComparison) => number) => cells.reduce((total, cell) => total + of(cell), 0);
  const scores = cells.flatMap((cell) => cell.scores);
  const compared = cells.filter(
    ({ items: { items, numbers }, scores }) => items + numbers + scores.length > 0,
  );
  const floors = compared.map(({ floor }) => floor);
  return {
    cells: compared.length,
    items: sum(({ items }) => items.items),
    items_equal: sum(({ items }) => items.items - items.different.length),
    numbers: sum(({ items }) => items.numbers),
    numbers_equal: sum(({ items }) => items.numbersEqual),
    largest_number: largest(cells.map(({ items }) => items.largestNumber)),
    metrics: scores.length,
    metrics_equal: scores.filter(({ there, here }) => there === here).length,
    largest_std_errors: largest(scores.map(({ stdErrors }) => stdErrors)),
    noise_floor: floors.includes(null) ? null : largest(floors.map((floor) => floor!.items)),
    floor_source: sourcesOf(cells),
  };
}

function sourcesOf(cells: readonly CellComparison[]): string {
  const sources = new Set(cells.flatMap(({ floor }) => (floor === null ? [] : [floor.source])));
  return sources.size === 0 ? 'not known' : [...sources].join('; ');
}

/** What is beyond the floor, cell by cell, cut off at `most` lines. */
export function describeFaults(cells: readonly CellComparison[], most = 20): readonly string[] {
  const lines = faultsOf(cells).map((fault) => `  ${fault}`);
  return lines.length <= most ? lines : [...lines.slice(0, most), `  … and ${lines.length - most} more`];
}

/** One sentence with the figures. */
export function describeAgreement(agreement: Agreement): string {
  const { cells, items, items_equal, numbers, numbers_equal, metrics, metrics_equal } = agreement;
  const parts = [
    `${cells} ${cells === 1 ? 'cell' : 'cells'} measured again`,
    `${items_equal} of ${items} items have the same outcome`,
    ...(numbers === 0
      ? []
      : [
          `${numbers_equal} of ${numbers} numbers of items are the same to the published digits${numbersApart(agreement)}`,
        ]),
    ...(metrics === 0 ? [] : [`${metrics_equal} of ${metrics} scores are identical${distance(agreement)}`]),
  ];
  return `${parts.join(', ')}.`;
}

/** Between equal numbers lies what the published one lost by rounding, which tells nothing. */
function numbersApart({ numbers, numbers_equal, largest_number }: Agreement): string {
  return numbers === numbers_equal ? '' : ` (largest distance ${largest_number!.toPrecision(2)})`;
}

function distance({ largest_std_errors }: Agreement): string {
  return largest_std_errors === null || largest_std_errors === 0
    ? ''
    : ` (largest distance ${largest_std_errors.toPrecision(2)} standard errors)`;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null && !Number.isNaN(value)) as number[];
  return known.length === 0 ? null : Math.max(...known);
}
