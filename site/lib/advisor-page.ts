/** The advisor in the browser: the form follows the address, the answer follows the form. */

import { writeQuery } from './address.ts';
import { type Answer, answer, type Task } from './advisor-answer.ts';
import { type AdviceData, type AdvicePayload, unpackAdvice } from './advisor-data.ts';
import { answerHtml } from './advisor-html.ts';
import { DEFAULT_QUESTION, decodeQuestion, encodeQuestion, number, type Question } from './advisor-state.ts';

const GIB = 1024 ** 3;

interface Page {
  readonly form: HTMLFormElement;
  readonly output: HTMLElement;
  readonly status: HTMLElement;
}

export function installAdvisor(document: Document): void {
  const form = document.querySelector<HTMLFormElement>('[data-advisor]');
  const output = document.querySelector<HTMLElement>('#advice');
  if (form === null || output === null) return;
  const page = { form, output, status: form.querySelector<HTMLElement>('[role="status"]')! };
  const follow = () => {
    const question = decodeQuestion(location.search, abilitiesOf(form));
    show(form, question);
    void reply(page, question);
  };
  form.addEventListener('change', () => {
    const question = read(form);
    show(form, question);
    writeQuery(encodeQuestion(question));
    void reply(page, question);
  });
  addEventListener('popstate', follow);
  if (location.search !== '') follow();
}

function field(form: HTMLFormElement, name: string): HTMLInputElement | HTMLSelectElement {
  return form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
}

function needBoxes(form: HTMLFormElement): readonly HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>('input[name="need"]')];
}

function abilitiesOf(form: HTMLFormElement): readonly string[] {
  return needBoxes(form).map(({ value }) => value);
}

function read(form: HTMLFormElement): Question {
  const value = (name: string) => field(form, name).value;
  const start = DEFAULT_QUESTION;
  return {
    model: value('model'),
    params: number(value('params'), 'params', start.params),
    family: value('family'),
    gpu: value('gpu'),
    gib: number(value('gib'), 'gib', start.gib),
    context: Math.round(number(value('context'), 'context', start.context)),
    batch: Math.round(number(value('batch'), 'batch', start.batch)),
    needs: needBoxes(form)
      .filter(({ checked }) => checked)
      .map(({ value }) => value)
      .sort(),
    from: value('from'),
  };
}

/** Puts a question into the form; of a size or family only where no model is chosen. */
function show(form: HTMLFormElement, question: Question): void {
  for (const name of ['model', 'params', 'family', 'gpu', 'gib', 'context', 'batch'] as const)
    field(form, name).value = String(question[name]);
  for (const box of needBoxes(form)) box.checked = question.needs.includes(box.value);
  for (const part of form.querySelectorAll<HTMLElement>('[data-if]')) {
    part.hidden = question[part.dataset['if'] as 'model' | 'gpu'] !== '';
  }
}

/** The catalogued model whose shape and evidence are used: the one asked for, else the nearest in size. */
function stand(form: HTMLFormElement, { model, params, family }: Question): HTMLOptionElement | null {
  const select = field(form, 'model') as HTMLSelectElement;
  const options = [...select.options].filter(({ value }) => value !== '');
  if (model !== '') return options.find(({ value }) => value === model) ?? null;
  const kin = options.filter((option) => option.dataset['family'] === family);
  const distance = (option: HTMLOptionElement) =>
    Math.abs(Math.log(Number(option.dataset['params']) / params));
  return (kin.length > 0 ? kin : options).toSorted((a, b) => distance(a) - distance(b))[0] ?? null;
}

const loaded = new Map<string, Promise<AdviceData>>();
let wanted = 0;

async function reply(page: Page, question: Question): Promise<void> {
  const { form, output, status } = page;
  const mine = ++wanted;
  const option = stand(form, question);
  status.textContent = '';
  if (option === null) {
    status.textContent = `There is no advice on a model called ${question.model}.`;
    return;
  }
  output.setAttribute('aria-busy', 'true');
  const data = await load(form, option.value).catch(() => null);
  if (mine !== wanted) return;
  output.removeAttribute('aria-busy');
  if (data === null) {
    status.textContent = 'The evidence on this model could not be loaded. Reload the page to try again.';
    return;
  }
  showSources(form, data, question.from);
  const task = taskOf(form, question, data);
  const found: Answer | null = answer(data, task);
  if (found === null) return;
  const name = question.model === '' ? `a model of ${question.params} billion parameters` : data.name;
  const root = form.dataset['base']!;
  const frame = {
    name,
    isOther: question.model === '',
    needs: question.needs,
    memory: task.memory,
    href: (path: string) => root + path,
  };
  output.innerHTML = answerHtml(data, found, frame);
  status.textContent = `Answer for ${name}.`;
}

function load(form: HTMLFormElement, model: string): Promise<AdviceData> {
  const known = loaded.get(model);
  if (known !== undefined) return known;
  const made = fetch(
    `${form.dataset['root']}${encodeURIComponent(model)}.${form.dataset['version']}.json`,
  ).then(async (response) => {
    if (!response.ok) throw new Error(`${response.status}`);
    return unpackAdvice((await response.json()) as AdvicePayload);
  });
  loaded.set(model, made);
  made.catch(() => loaded.delete(model));
  return made;
}

function taskOf(form: HTMLFormElement, question: Question, data: AdviceData): Task {
  const gpu = field(form, 'gpu') as HTMLSelectElement;
  const chosen = [...gpu.options].find(({ value }) => value === question.gpu);
  const gib = question.gpu === '' ? question.gib : Number(chosen?.dataset['gb'] ?? question.gib);
  const isOther = question.model === '';
  return {
    ...{ context: question.context, batch: question.batch, needs: question.needs, from: question.from },
    memory: gib * GIB,
    params: isOther ? question.params * 1e9 : data.params,
    nearest: isOther ? (question.family === '' ? 4 : 3) : 1,
  };
}

/** Sources that say something about the model; without a choice, the first of them. */
function showSources(form: HTMLFormElement, { sources }: AdviceData, chosen: string): void {
  const select = field(form, 'from') as HTMLSelectElement;
  const usual = new Option('the one that tested it most', '');
  const options = sources.map(
    ({ id, title, same }) => new Option(same > 0 ? `${title} (${same} on this model)` : title, id),
  );
  select.replaceChildren(usual, ...options);
  select.value = sources.some(({ id }) => id === chosen) ? chosen : '';
}
