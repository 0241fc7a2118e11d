/** Wires the page that runs a model in the browser: form, worker, lanes. Nothing is loaded before Run is pressed. */
import type { ComparisonRequest, FromWorker, LiveFiles, LoadedFile } from '../../eval/live/messages.ts';
import { lineOf, megabytes } from './lane-text.ts';
import { Lanes } from './lanes.ts';
import { type Comparison, lanesOf, type Offer, type OfferedLane, type OfferedModel } from './offer-types.ts';
import { Session } from './session.ts';

export function installLive(document: Document): void {
  const root = document.querySelector<HTMLElement>('[data-live]');
  if (root !== null) new LivePage(root).install();
}

class LivePage {
  readonly #root: HTMLElement;
  readonly #form: HTMLFormElement;
  readonly #offer: Offer;
  readonly #lanes: Lanes;
  readonly #session = new Session((message) => this.#receive(message));
  /** Addresses of files that need not be loaded again. */
  readonly #loaded = new Set<string>();
  #isRunning = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#form = root.querySelector('form')!;
    this.#lanes = new Lanes(root);
    this.#offer = JSON.parse(root.querySelector('script[type="application/json"]')!.textContent!) as Offer;
  }

  install(): void {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#isRunning) this.#run();
    });
    this.#form.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLSelectElement && target.name === 'model') this.#chooseModel();
      this.#showChoices();
    });
    // A field that is folded away could not be shown to be wrong.
    const openMore = () => this.#form.querySelector('details')!.setAttribute('open', '');
    this.#form.addEventListener('invalid', openMore, { capture: true });
    this.#form.addEventListener('keydown', (event) => {
      // Enter alone writes a new line in the prompt.
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
    this.#part('stop').addEventListener('click', () => this.#session.send({ kind: 'stop' }));
    this.#part('examples').addEventListener('click', ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#field('prompt').value = target.dataset.prompt!;
    });
    // A browser that comes back to the page keeps what was chosen before.
    this.#showExamples();
    this.#showChoices();
  }

  get #model(): OfferedModel {
    const id = this.#field('model').value;
    return this.#offer.models.find((model) => model.id === id) ?? this.#offer.models[0];
  }

  get #comparison(): Comparison {
    const id = this.#field('comparison').value;
    return this.#offer.comparisons.find((comparison) => comparison.id === id) ?? this.#offer.comparisons[0];
  }

  get #offered(): readonly OfferedLane[] {
    return lanesOf(this.#model, this.#comparison)!;
  }

  #chooseModel(): void {
    const { examples, sentence } = this.#model;
    this.#field('prompt').value = examples[0].prompt;
    this.#field('sentence').value = sentence;
    this.#showExamples();
  }

  #showExamples(): void {
    const buttons = this.#model.examples.map(({ title, prompt }) => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', className: 'button', textContent: title });
      button.dataset.prompt = prompt;
      return button;
    });
    this.#part('examples').replaceChildren(...buttons);
    this.#part('about').textContent = this.#model.about;
  }

  /** What follows from the choices: what can be compared, how much has to be loaded, which fields mean something. */
  #showChoices(): void {
    const chosen = this.#field('comparison') as unknown as HTMLSelectElement;
    for (const [i, option] of [...chosen.options].entries())
      option.disabled = lanesOf(this.#model, this.#offer.comparisons[i]) === null;
    if (chosen.selectedOptions[0]?.disabled) chosen.selectedIndex = 0;
    const bytes = this.#missing().reduce((sum, file) => sum + file.bytes, 0);
    this.#part('run').textContent = bytes === 0 ? 'Run' : `Load ${megabytes(bytes)} and run`;
    const isGreedy = this.#field('choice').value === 'greedy';
    for (const name of ['temperature', 'seed']) this.#field(name).disabled = isGreedy;
  }

  #files(): LiveFiles {
    const { id, description, weights } = this.#model;
    const packed = this.#offered.flatMap((lane) =>
      lane.packed === null ? [] : [[lane.recipe, lane.packed] as const],
    );
    const { runtime } = this.#offer;
    return { name: id, runtime, description, weights, packed: Object.fromEntries(packed) };
  }

  #missing(): readonly LoadedFile[] {
    const { runtime, description, weights, packed } = this.#files();
    const files = [runtime, description, weights, ...Object.values(packed)];
    return files.filter(({ url }) => !this.#loaded.has(url));
  }

  #run(): void {
    const offered = this.#offered;
    const isGreedy = this.#field('choice').value === 'greedy';
    const request: ComparisonRequest = {
      recipes: offered.map(({ recipe }) => recipe),
      prompt: this.#field('prompt').value,
      sentence: this.#field('sentence').value.trim(),
      maxNewTokens: Number(this.#field('tokens').value),
      temperature: isGreedy ? 0 : Number(this.#field('temperature').value),
      seed: Number(this.#field('seed').value),
    };
    this.#lanes.begin(offered, request.prompt);
    this.#part('shown').textContent = `Live: ${this.#model.title} goes on from`;
    this.#part('prompt').textContent = lineOf(request.prompt);
    this.#setRunning(true);
    this.#part('texts').scrollIntoView({ block: 'start' });
    this.#say('Starting …');
    this.#session.send({ kind: 'run', files: this.#files(), request });
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'loading':
        // Other files may still be coming when one has failed.
        if (this.#isRunning) this.#say(`Loading: ${megabytes(message.done)} of ${megabytes(message.total)}`);
        break;
      case 'loaded':
        for (const url of message.urls) this.#loaded.add(url);
        break;
      case 'preparing':
        this.#say('Rounding the weights and preparing the graphs …');
        break;
      case 'written':
        this.#say('Writing …');
        for (const [lane, written] of Object.entries(message.lanes)) this.#lanes.write(Number(lane), written);
        break;
      case 'finished':
        this.#lanes.finish(message.results);
        this.#end(summary(message.tokensPerSecond, message.isStopped));
        break;
      case 'failed':
        this.#lanes.abandon();
        this.#end('', message.message);
    }
  }

  #end(status: string, error = ''): void {
    this.#setRunning(false);
    this.#say(status);
    this.#part('error').textContent = error;
    // It stands below the texts to which the page has scrolled.
    if (error !== '') this.#part('error').scrollIntoView({ block: 'nearest' });
    this.#showChoices();
  }

  #setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning;
    this.#root.dataset.running = String(isRunning);
    (this.#part('run') as HTMLButtonElement).disabled = isRunning;
    (this.#part('stop') as HTMLButtonElement).disabled = !isRunning;
    this.#field('model').disabled = isRunning;
    if (isRunning) this.#part('error').textContent = '';
  }

  #say(text: string): void {
    const status = this.#part('status');
    if (status.textContent !== text) status.textContent = text;
  }

  #part(name: string): HTMLElement {
    return this.#root.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
  }

  #field(name: string): HTMLInputElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement;
  }
}

function summary(tokensPerSecond: number, isStopped: boolean): string {
  return `${isStopped ? 'Stopped' : 'Done'}: ${Math.round(tokensPerSecond)} tokens a second in all.`;
}
