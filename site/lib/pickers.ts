/** The first screen's selects: they choose in the board too, and fetch the curve of what was chosen. */
import { onState, readState, writeState } from './address.ts';
import { type Facet, withFacet } from './board-state.ts';

const NAMES = ['model', 'ability', 'origin'] as const satisfies readonly Facet[];

export function installPickers(document: Document): void {
  const form = document.querySelector<HTMLFormElement>('[data-pickers]');
  const lens = document.querySelector<HTMLElement>('#lens');
  if (form === null || lens === null) return;
  const selects = NAMES.map((name) => form.elements.namedItem(name) as HTMLSelectElement);
  form.addEventListener('change', () => {
    const chosen = selects.reduce(
      (state, select, index) => withFacet(state, NAMES[index]!, valuesOf(select)),
      readState(),
    );
    writeState(chosen);
  });
  const follow = () => {
    const { filters } = readState();
    for (const [index, select] of selects.entries()) showChoice(select, filters[NAMES[index]!]);
    void show(form, selects, lens);
  };
  onState(follow);
  if (location.search !== '') follow();
}

function valuesOf(select: HTMLSelectElement): readonly string[] {
  return select.value === '' ? [] : [select.value];
}

/** A select shows one choice; none, several or an unknown one is its first option. */
function showChoice(select: HTMLSelectElement, chosen: readonly string[] = []): void {
  const [only] = chosen.length === 1 ? chosen : [];
  select.value = only ?? '';
  if (select.selectedIndex === -1) select.value = '';
}

let wanted = '';

/** Puts the fragment of the choice in place; a later choice wins over an earlier one that arrives late. */
async function show(
  form: HTMLFormElement,
  selects: readonly HTMLSelectElement[],
  lens: HTMLElement,
): Promise<void> {
  const [model, ability, origin] = selects as [HTMLSelectElement, HTMLSelectElement, HTMLSelectElement];
  const id = model.value === '' ? form.dataset['default']! : model.value;
  const option = [...model.options].find(({ value }) => value === id);
  const offers = (kind: 'abilities' | 'origins', value: string) =>
    option?.dataset[kind]?.split(',').includes(value);
  for (const one of ability.options) one.disabled = one.value !== '' && !offers('abilities', one.value);
  const status = form.querySelector<HTMLElement>('[role="status"]')!;
  if (ability.value !== '' && !offers('abilities', ability.value)) {
    status.textContent = `Not measured for this model: ${ability.value}. The curve shows all abilities.`;
  } else status.textContent = '';
  const part = offers('abilities', ability.value) ? ability.value.replaceAll(' ', '-') : 'all';
  const path = `${form.dataset['root']}${id}/${part}/${offers('origins', origin.value) ? origin.value : 'all'}/`;
  if (path === wanted) return;
  wanted = path;
  lens.setAttribute('aria-busy', 'true');
  const response = await fetch(path).catch(() => null);
  if (wanted !== path) return;
  lens.removeAttribute('aria-busy');
  if (response?.ok) lens.innerHTML = await response.text();
  else status.textContent = 'This curve could not be loaded.';
}
