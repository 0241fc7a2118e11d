/** Form, columns and colour of the drawing of a result; drawn when the reader asks, or the address did. */
import type { ChartChoice } from './examples.ts';
import { isNumeric, type QueryResult } from './result.ts';

/** Elements are found by `data-sql="chart…"`. */
export class ChartControls {
  readonly #document: Document;
  readonly #form: HTMLFormElement;
  readonly #drawing: HTMLElement;
  readonly #said: HTMLElement;
  #wanted: ChartChoice | null = null;
  #result: QueryResult | null = null;

  /** @param changed  called when the reader chooses */
  constructor(document: Document, changed: () => void) {
    const part = <E extends HTMLElement>(name: string) => document.querySelector<E>(`[data-sql="${name}"]`)!;
    this.#document = document;
    this.#form = part<HTMLFormElement>('chart-form');
    this.#drawing = part('chart-drawing');
    this.#said = part('chart-said');
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', () => {
      this.#wanted = this.#read();
      changed();
      void this.#draw();
    });
  }

  /** What is drawn, or will be. */
  get chosen(): ChartChoice | null {
    return this.#wanted;
  }

  /** A choice from outside: drawn with the next result that has its columns. */
  choose(choice: ChartChoice | null): void {
    this.#wanted = choice;
    this.#field('form').value = choice?.form ?? '';
  }

  /** A result to draw. */
  offer(result: QueryResult): void {
    this.#result = result;
    const { columns } = result;
    const numbers = columns.filter((_, column) => isNumeric(result, column));
    const wanted = this.#wanted;
    const isThere =
      wanted !== null && [wanted.x, wanted.y, wanted.by ?? wanted.x].every((name) => columns.includes(name));
    this.#wanted = isThere ? wanted : null;
    this.#fill('x', columns, this.#wanted?.x ?? columns[0]);
    this.#fill('y', numbers, this.#wanted?.y ?? numbers.find((name) => name !== columns[0]));
    this.#fill('by', ['', ...columns], this.#wanted?.by ?? '');
    this.#field('form').value = this.#wanted?.form ?? '';
    this.#form.hidden = numbers.length === 0 || columns.length < 2;
    void this.#draw();
  }

  #field(name: string): HTMLSelectElement {
    return this.#form.elements.namedItem(name) as HTMLSelectElement;
  }

  #fill(name: string, options: readonly string[], chosen: string | undefined): void {
    const elements = options.map((value) =>
      Object.assign(this.#document.createElement('option'), { value, text: value || 'none' }),
    );
    this.#field(name).replaceChildren(...elements);
    this.#field(name).value = chosen ?? options[0] ?? '';
  }

  #read(): ChartChoice | null {
    const [form, x, y, by] = ['form', 'x', 'y', 'by'].map((name) => this.#field(name).value);
    return form === '' ? null : { form: form as ChartChoice['form'], x: x!, y: y!, by: by || null };
  }

  async #draw(): Promise<void> {
    const [wanted, result] = [this.#wanted, this.#result];
    this.#said.textContent = '';
    this.#drawing.replaceChildren();
    this.#drawing.hidden = wanted === null || result === null;
    if (wanted === null || result === null) return;
    try {
      const { drawResult } = await import('./chart.ts');
      const svg = await drawResult(result, wanted, Math.min(this.#drawing.clientWidth, 760));
      // A later choice may have been drawn meanwhile.
      if (wanted !== this.#wanted || result !== this.#result) return;
      // The markup is Vega's own: texts from the result stand in it escaped.
      this.#drawing.innerHTML = svg;
      this.#drawing.setAttribute(
        'aria-label',
        `${wanted.form}: ${wanted.y} by ${wanted.x}. All numbers are in the table below.`,
      );
    } catch (error) {
      this.#drawing.hidden = true;
      this.#said.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}
