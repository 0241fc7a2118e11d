/** Puts a live chart in place of the drawing of a figure, and the drawing back. Loaded, with Vega, at the first press. */
import { withVariables } from '../colors.ts';
import type { TopLevelSpec } from '../vega.ts';
import { LiveChart } from './live-chart.ts';

const live = new Map<HTMLElement, LiveChart>();

/** @throws where the specification is neither in the figure nor at the address that the button names */
export async function switchFigure(button: HTMLButtonElement): Promise<void> {
  const figure = button.closest('figure')!;
  const drawing = figure.querySelector<HTMLElement>('.chart-drawing')!;
  const shown = live.get(figure);
  closeThoseGone();
  if (shown === undefined) {
    const spec = await specOf(figure, button.dataset['live']!);
    const names = figure.querySelector('h2, h3')?.textContent?.trim() ?? '';
    drawing.hidden = true;
    try {
      const opened = await LiveChart.open(spec, drawing, names);
      live.set(figure, opened);
      opened.focus();
    } catch (error) {
      drawing.hidden = false;
      throw error;
    }
  } else {
    shown.close();
    live.delete(figure);
    drawing.hidden = false;
  }
  const [first, second] = [button.textContent!, button.dataset['other']!];
  button.textContent = second;
  button.dataset['other'] = first;
}

/** Inside the figure where it is in no file. */
async function specOf(figure: HTMLElement, address: string): Promise<TopLevelSpec> {
  const inside = figure.querySelector('script[data-spec]')?.textContent;
  if (inside != null) return JSON.parse(withVariables(inside));
  const response = await fetch(address);
  if (!response.ok) throw new Error(`[live chart] ${address}: answered ${response.status}.`);
  return JSON.parse(withVariables(await response.text()));
}

/** The pickers replace figures as a whole. */
function closeThoseGone(): void {
  for (const [figure, chart] of live) {
    if (figure.isConnected) continue;
    chart.close();
    live.delete(figure);
  }
}
