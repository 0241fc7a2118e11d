/** Draws the texts side by side and what is known of them. */
import type { LaneResult, Written } from '../../eval/live/messages.ts';
import { boardText, FACTS, laneFacts } from './lane-text.ts';
import type { OfferedLane } from './offer-types.ts';

export class Lanes {
  readonly #items: readonly HTMLElement[];

  constructor(root: HTMLElement) {
    this.#items = [...root.querySelectorAll<HTMLElement>('[data-lane]')];
  }

  /** Empties all lanes for a new run. */
  begin(lanes: readonly OfferedLane[]): void {
    this.#items.forEach((item, i) => {
      const lane = lanes[i];
      part(item, 'text').replaceChildren();
      part(item, 'recipe').textContent = lane.recipe;
      for (const { id } of FACTS) part(item, id).textContent = '…';
      const board = part(item, 'board') as HTMLAnchorElement;
      board.textContent = boardText(lane);
      board.href = lane.board;
    });
  }

  write(lane: number, { pieces, differs }: Written): void {
    const text = part(this.#items[lane], 'text');
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
      for (const { id } of FACTS) part(this.#items[lane], id).textContent = facts[id];
      if (result.hasEnded) part(this.#items[lane], 'text').append(' ■');
    });
  }

  /** Where a run failed, nothing is known. */
  abandon(): void {
    for (const item of this.#items)
      for (const { id } of FACTS) if (part(item, id).textContent === '…') part(item, id).textContent = '–';
  }
}

function part(item: HTMLElement, name: string): HTMLElement {
  return item.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
}
