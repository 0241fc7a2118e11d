/** The SQL page at work: the query in the address, the engine at the first run, the result as table, file and drawing. */
import { toCsv } from '../csv.ts';
import { saveCsv } from '../save-file.ts';
import { ChartControls } from './chart-controls.ts';
import type { Engine, EngineSetup } from './engine.ts';
import { plainError } from './plain-error.ts';
import type { QueryResult } from './result.ts';
import { resultTable } from './result-table.ts';
import { LONGEST_QUERY, readChart, readState, type SqlState, writeState } from './state.ts';

interface Parts {
  readonly form: HTMLFormElement;
  readonly query: HTMLTextAreaElement;
  readonly examples: HTMLSelectElement;
  readonly status: HTMLElement;
  readonly progress: HTMLProgressElement;
  readonly problem: HTMLElement;
  readonly result: HTMLElement;
  readonly table: HTMLElement;
  readonly stop: HTMLButtonElement;
}

/** Elements are found by `data-sql="…"`. */
export function installSqlPage(document: Document): void {
  const part = <E extends HTMLElement>(name: string) => document.querySelector<E>(`[data-sql="${name}"]`)!;
  const parts: Parts = {
    form: part('form'),
    query: part('query'),
    examples: part('examples'),
    status: part('status'),
    progress: part('progress'),
    problem: part('problem'),
    result: part('result'),
    table: part('table'),
    stop: part('stop'),
  };
  const setup = JSON.parse(part('setup').textContent) as EngineSetup;
  const page = new SqlPage(parts, setup, document);
  parts.form.addEventListener('submit', (event) => {
    event.preventDefault();
    void page.run();
  });
  parts.query.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void page.run();
  });
  parts.examples.addEventListener('change', () =>
    page.show({ example: parts.examples.value, sql: null, chart: null }),
  );
  parts.stop.addEventListener('click', () => void page.stop());
  part('csv').addEventListener('click', () => page.saveCsv());
  part('link').addEventListener('click', () => void page.copyLink(part('link')));
  addEventListener('popstate', () => page.show(readState(location.search)));
  page.show(readState(location.search));
}

class SqlPage {
  readonly #parts: Parts;
  readonly #setup: EngineSetup;
  readonly #document: Document;
  readonly #chart: ChartControls;
  #engine: Promise<Engine> | null = null;
  #result: QueryResult | null = null;
  #isRunning = false;

  constructor(parts: Parts, setup: EngineSetup, document: Document) {
    this.#parts = parts;
    this.#setup = setup;
    this.#document = document;
    this.#chart = new ChartControls(document, () => this.#writeAddress('replace'));
  }

  /** Puts the query of an address into the editor; nothing runs before the reader says so. */
  show({ example, sql, chart }: SqlState): void {
    const { examples, query } = this.#parts;
    // An address that names no query is that of the first example.
    const wanted = example ?? (sql === null ? examples.options[1]!.value : null);
    const known = [...examples.options].find(({ value }) => value === wanted && value !== '');
    const statement = known === undefined ? sql : this.#statementOf(known.value);
    if (statement !== null) query.value = statement;
    examples.value = known?.value ?? '';
    this.#chart.choose(chart ?? this.#chartOf(known?.value));
  }

  async run(): Promise<void> {
    const sql = this.#parts.query.value.trim();
    if (this.#isRunning || sql === '') return;
    this.#setRunning(true);
    this.#writeAddress('push');
    try {
      this.#engine ??= this.#start();
      const engine = await this.#engine;
      this.#say('Running …');
      this.#showResult(await engine.query(sql));
    } catch (error) {
      this.#showProblem(error);
    } finally {
      this.#setRunning(false);
    }
  }

  async stop(): Promise<void> {
    await (await this.#engine)?.stop();
  }

  saveCsv(): void {
    if (this.#result === null) return;
    const { columns, rows } = this.#result;
    const cells = rows.map((row) => row.map((cell) => (typeof cell === 'boolean' ? String(cell) : cell)));
    saveCsv('bitloss-query.csv', toCsv(columns, cells));
  }

  async copyLink(button: HTMLElement): Promise<void> {
    this.#writeAddress('replace');
    const isLong = this.#parts.query.value.length > LONGEST_QUERY;
    const said = isLong
      ? 'Too long for a link'
      : await navigator.clipboard.writeText(location.href).then(
          () => 'Copied',
          () => 'Copy the address bar',
        );
    button.textContent = said;
    button.addEventListener('blur', () => (button.textContent = 'Copy link'), { once: true });
  }

  async #start(): Promise<Engine> {
    const { progress } = this.#parts;
    this.#say('Loading the database …');
    progress.hidden = false;
    try {
      const { startEngine } = await import('./engine.ts');
      return await startEngine(this.#setup, (share) => (progress.value = share));
    } catch (error) {
      // The next run tries again.
      this.#engine = null;
      throw error;
    } finally {
      progress.hidden = true;
    }
  }

  #showResult(result: QueryResult): void {
    this.#result = result;
    const { rows, milliseconds } = result;
    this.#parts.problem.hidden = true;
    this.#parts.table.replaceChildren(resultTable(result, this.#document));
    this.#parts.result.hidden = false;
    this.#chart.offer(result);
    this.#say(
      `${rows.length.toLocaleString('en-US')} row${rows.length === 1 ? '' : 's'} in ${Math.round(milliseconds)} ms.`,
    );
  }

  #showProblem(error: unknown): void {
    const { problem } = this.#parts;
    const { summary, detail } = plainError(error);
    problem.querySelector('p')!.textContent = summary;
    problem.querySelector('pre')!.textContent = detail;
    problem.hidden = false;
    this.#say('');
  }

  #setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning;
    this.#parts.stop.hidden = !isRunning;
    this.#parts.form.toggleAttribute('aria-busy', isRunning);
  }

  #say(text: string): void {
    this.#parts.status.textContent = text;
  }

  #statementOf(example: string): string {
    return this.#document.querySelector(`#${example} pre`)!.textContent.trim();
  }

  #chartOf(example: string | undefined): SqlState['chart'] {
    const text = example && this.#document.getElementById(example)?.dataset['chart'];
    return readChart(text || null);
  }

  #writeAddress(how: 'push' | 'replace'): void {
    const sql = this.#parts.query.value.trim();
    const example = [...this.#parts.examples.options].find(
      ({ value }) => value !== '' && this.#statementOf(value) === sql,
    );
    const chosen = this.#chart.chosen;
    const isUsual = JSON.stringify(chosen) === JSON.stringify(this.#chartOf(example?.value));
    const search = writeState({ example: example?.value ?? null, sql, chart: isUsual ? null : chosen });
    if (search === location.search) return;
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', search || location.pathname);
  }
}
