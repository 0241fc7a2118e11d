/** A chart that answers: what the pointed mark says, a group followed, scales zoomed; by pointer, finger and keys. */
import { drawLive, type TopLevelSpec, type View } from '../vega.ts';
import { type Controls, controls } from './controls.ts';
import { fitted } from './fit.ts';
import { CHOSEN, type Interactive, interactive, type Part, unitsOf, ZOOM } from './interactive.ts';
import { isSame, namesOf, nearest, type Point, pointsOf, walk } from './points.ts';

/** How far from a mark a pointer still means it: half a finger. */
const REACH = 22;
/** Share of a scale that a press of a zoom button takes away. */
const ZOOM_STEP = 0.25;
/** A pointer that moved further than this dragged. */
const DRAG = 5;

export class LiveChart {
  readonly #view: View;
  readonly #zoomed: Interactive['zoomed'];
  readonly #parts: Controls;
  #at: Point | null = null;
  /** Whether the point was reached by keys: a pointer that only leaves has no say in it. */
  #byKeys = false;
  #pressed = { x: 0, y: 0 };

  /** Draws in the figure before the drawing, in the width of the figure. */
  static async open(spec: TopLevelSpec, drawing: HTMLElement, name: string): Promise<LiveChart> {
    const answering = interactive(spec);
    const groups = unitsOf(spec as unknown as Part, [])
      .flatMap(({ rows }) => rows)
      .flatMap(({ group }) => (typeof group === 'string' ? [group] : []));
    const canZoom = Object.keys(answering.zoomed).length > 0;
    const parts = controls(drawing.ownerDocument, { name, groups: [...new Set(groups)].sort(), canZoom });
    drawing.before(parts.root);
    try {
      const view = await drawWithin(answering.spec, parts);
      return new LiveChart(view, answering.zoomed, parts);
    } catch (error) {
      parts.root.remove();
      throw error;
    }
  }

  private constructor(view: View, zoomed: Interactive['zoomed'], parts: Controls) {
    this.#view = view;
    this.#zoomed = zoomed;
    this.#parts = parts;
    const { stage, follow, zoomIn, zoomOut, reset } = parts;
    stage.addEventListener('pointermove', (event) => this.#point(this.#under(event)));
    stage.addEventListener('pointerleave', () => this.#byKeys || this.#point(null));
    stage.addEventListener('pointerdown', ({ clientX, clientY }) => {
      this.#pressed = { x: clientX, y: clientY };
    });
    stage.addEventListener('blur', () => this.#point(null));
    stage.addEventListener('keydown', (event) => this.#key(event));
    stage.addEventListener('click', (event) => this.#click(event));
    follow.addEventListener('change', () => this.#follow(follow.value || null));
    zoomIn.addEventListener('click', () => this.#zoom(ZOOM_STEP));
    zoomOut.addEventListener('click', () => this.#zoom(-ZOOM_STEP / (1 - ZOOM_STEP)));
    reset.addEventListener('click', () => this.#reset());
  }

  /** For the keys. */
  focus(): void {
    this.#parts.stage.focus({ preventScroll: true });
  }

  /** Takes it away. */
  close(): void {
    this.#view.finalize();
    this.#parts.root.remove();
  }

  get #chosen(): string | null {
    return this.#view.signal(CHOSEN) as string | null;
  }

  /** The point below a pointer, or near to it. */
  #under(event: MouseEvent, points = pointsOf(this.#view, this.#chosen), reach = REACH): Point | null {
    const { left, top } = this.#parts.place.getBoundingClientRect();
    return nearest(points, event.clientX - left, event.clientY - top, reach);
  }

  /** Shows what a point says beside it, or nothing. */
  #point(point: Point | null, byKeys = false): void {
    this.#at = point;
    this.#byKeys = byKeys;
    const { tip, ring, place } = this.#parts;
    tip.hidden = ring.hidden = point === null;
    if (point === null) return;
    const { left, top, right, bottom } = point;
    Object.assign(ring.style, {
      left: `${left - 3}px`,
      top: `${top - 3}px`,
      width: `${right - left + 6}px`,
      height: `${bottom - top + 6}px`,
    });
    tip.textContent = point.tip;
    const beside = Math.max(
      0,
      Math.min((left + right - tip.offsetWidth) / 2, place.clientWidth - tip.offsetWidth),
    );
    const above = top - tip.offsetHeight - 8;
    Object.assign(tip.style, { left: `${beside}px`, top: `${above < 0 ? bottom + 8 : above}px` });
  }

  /** Follows the group of the mark or the name that was pressed; of none, or once more, all. */
  #click(event: MouseEvent): void {
    if (Math.hypot(event.clientX - this.#pressed.x, event.clientY - this.#pressed.y) > DRAG) return;
    const point = this.#under(event);
    this.#point(point);
    const group = (point ?? this.#under(event, namesOf(this.#view), 2))?.group ?? null;
    this.#follow(group === this.#chosen ? null : group);
  }

  /** Mutes all groups but one; null for none. */
  #follow(group: string | null): void {
    this.#view.signal(CHOSEN, group).run();
    this.#parts.follow.value = group ?? '';
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const point = walk(pointsOf(this.#view, this.#chosen), this.#at, event.key);
    const act = {
      Enter: () => this.#follow(this.#chosen === null ? (this.#at?.group ?? null) : null),
      Escape: () => this.#point(null),
      '+': () => this.#zoom(ZOOM_STEP),
      '-': () => this.#zoom(-ZOOM_STEP / (1 - ZOOM_STEP)),
      '0': () => this.#reset(),
    }[event.key];
    if (point === null && act === undefined) return;
    event.preventDefault();
    act?.();
    if (point === null) return;
    this.#point(point, true);
    this.#parts.said.textContent = point.tip;
  }

  /** Each scale shrinks by a share, or grows, around the point that is shown, or else around its middle. */
  #zoom(share: number): void {
    const at = this.#at;
    for (const [axis, field] of Object.entries(this.#zoomed)) {
      const scale = this.#view.scale(axis);
      const [from, to] = scale.range() as [number, number];
      const fixed = (axis === 'x' ? at?.x : at?.y) ?? (from + to) / 2;
      const ends = [from, to].map((end) => scale.invert(end + share * (fixed - end)));
      this.#view.signal(`${ZOOM}_${field}`, ends);
    }
    this.#view.run();
    const same = (point: Point) => at !== null && isSame(point, at);
    this.#point(pointsOf(this.#view, this.#chosen).find(same) ?? null, this.#byKeys);
  }

  #reset(): void {
    for (const field of Object.values(this.#zoomed)) this.#view.signal(`${ZOOM}_${field}`, null);
    this.#follow(null);
    this.#point(null);
  }
}

/** Draws once to learn how much room names and axes take, and again where that is too much. */
async function drawWithin(spec: TopLevelSpec, { drawing, stage }: Controls): Promise<View> {
  const view = await drawLive(spec, drawing);
  const total = drawing.querySelector('svg')!.getBoundingClientRect().width;
  const fit = fitted(spec, { total, plot: plotWidth(view, spec) }, stage.clientWidth);
  if (fit === spec) return view;
  view.finalize();
  return drawLive(fit, drawing);
}

/** Of the plot, or of one panel. */
function plotWidth(view: View, spec: TopLevelSpec): number {
  const { spec: panel } = spec as unknown as { spec?: { width: number } };
  return panel?.width ?? view.width();
}
