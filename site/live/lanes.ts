/** Draws the texts side by side and what is known of them. */
import type { LaneResult, Written } from '../../eval/live/messages.ts';
import { boardPerplexity, boardText, FACTS, findingText, laneFacts, leadOf } from './lane-text.ts';
import type { OfferedLane } from './offer-types.ts';

const WAITING = '…';

export class Lanes {
  readonly #root: HTMLElement;
  #offered: readonly OfferedLane[] = [];

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Empties all lanes for a new run. */
  begin(lanes: readonly OfferedLane[], prompt: string): void {
    this.#offered = lanes;
    lanes.forEach((lane, i) => {
      this.#part('text', i).replaceChildren();
      this.#part('lead', i).textContent = leadOf(prompt);
      this.#part('recipe', i).textContent = lane.recipe;
      for (const title of this.#all('title', i)) title.textContent = lane.title;
      for (const kept of this.#all('board', i)) {
        kept.textContent = boardText(lane);
        (kept as HTMLAnchorElement).href = lane.board;
      }
      this.#part('board-perplexity', i).textContent = boardPerplexity(lane);
      for (const cell of this.#facts(i)) cell.textContent = WAITING;
    });
    this.#root.querySelector('[data-part="finding"]')!.textContent = '';
  }

  write(lane: number, { pieces, differs }: Written): void {
    const text = this.#part('text', lane);
    pieces.forEach((piece, i) => {
      const shown =
        (text.children[i] as HTMLElement | undefined) ?? text.appendChild(document.createElement('span'));
      if (shown.textContent !== piece) shown.textContent = piece;
      shown.className = differs[i] ? 'other' : '';
    });
  }

  finish(results: readonly LaneResult[]): void {
    results.forEach((result, lane) => {
      this.write(lane, result);
      const facts = laneFacts(result, lane === 0);
      for (const { id } of FACTS) for (const cell of this.#all(id, lane)) cell.textContent = facts[id];
      if (result.hasEnded) this.#part('text', lane).append(' ■');
    });
    const differs = results.map((result) => result.differs);
    this.#root.querySelector('[data-part="finding"]')!.textContent = findingText(this.#offered, differs);
  }

  /** Where a run failed, nothing is known. */
  abandon(): void {
    for (const lane of this.#offered.keys())
      for (const cell of this.#facts(lane)) if (cell.textContent === WAITING) cell.textContent = '–';
  }

  #facts(lane: number): HTMLElement[] {
    return FACTS.flatMap(({ id }) => this.#all(id, lane));
  }

  #part(name: string, lane: number): HTMLElement {
    return this.#all(name, lane)[0]!;
  }

  /** In the lane, and in its column of the table. */
  #all(name: string, lane: number): HTMLElement[] {
    const found = [...this.#root.querySelectorAll<HTMLElement>(`[data-part="${name}"]`)];
    return found.filter((part) => part.closest<HTMLElement>('[data-lane]')!.dataset.lane === String(lane));
  }
}
