/** The first screen's selects: they choose in the board too, and fetch the curve of what was chosen. */
import { addressQuery, onQuery, writeQuery } from './address.ts';
import { decodeState, encodeState, type Facet, withFacet } from './board-state.ts';

const NAMES = ['model', 'ability', 'origin'] as const satisfies readonly Facet[];

export function installPickers(document: Document): void {
  const form = document.querySelector<HTMLFormElement>('[data-pickers]');
  const lens = document.querySelector<HTMLElement>('#lens');
  if (form === null || lens === null) return;
  const selects = NAMES.map((name) => form.elements.namedItem(name) as HTMLSelectElement);
  form.addEventListener('change', () => {
    const chosen = selects.reduce(
      (state, select, index) => withFacet(state, NAMES[index]!, valuesOf(select)),
      decodeState(addressQuery()),
    );
    writeQuery(encodeState(chosen));
  });
  const follow = () => {
    const { filters } = decodeState(addressQuery());
    for (const [index, select] of selects.entries()) showChoice(select, filters[NAMES[index]!]);
    void show(form, selects, lens);
  };
  onQuery(follow);
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
  const option = shownModel(form, model, origin.value);
  const abilities = listOf(option, 'abilities');
  const origins = listOf(option, 'origins');
  for (const one of ability.options) one.disabled = one.value !== '' && !abilities.includes(one.value);
  const hasAbility = abilities.includes(ability.value);
  const status = form.querySelector<HTMLElement>('[role="status"]')!;
  status.textContent =
    ability.value === '' || hasAbility
      ? ''
      : `No curve of ${option.text.trim()} in ${ability.value}: this one is of all abilities.`;
  const part = hasAbility ? ability.value.replaceAll(' ', '-') : 'all';
  const from = origins.length > 1 && origins.includes(origin.value) ? origin.value : 'all';
  const path = `${form.dataset['root']}${option.value}/${part}/${from}/`;
  if (path === wanted) return;
  wanted = path;
  lens.setAttribute('aria-busy', 'true');
  const response = await fetch(path).catch(() => null);
  const html = response?.ok ? await response.text() : null;
  if (wanted !== path) return;
  lens.removeAttribute('aria-busy');
  if (html === null) status.textContent = 'This curve could not be loaded.';
  else lens.innerHTML = html;
}

/** The chosen model; else the page's own, or the first that has numbers of the wanted origin. */
function shownModel(form: HTMLFormElement, model: HTMLSelectElement, origin: string): HTMLOptionElement {
  const options = [...model.options].filter(({ value }) => value !== '');
  const start = options.find(({ value }) => value === (model.value || form.dataset['default']))!;
  if (model.value !== '' || origin === '' || listOf(start, 'origins').includes(origin)) return start;
  return options.find((one) => listOf(one, 'origins').includes(origin)) ?? start;
}

function listOf(option: HTMLOptionElement, kind: 'abilities' | 'origins'): readonly string[] {
  return option.dataset[kind]?.split(',') ?? [];
}
