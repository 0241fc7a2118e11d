/** The elements around a live chart: whom to follow, zoom, what is pointed at, what is read out. */

export interface Controls {
  readonly root: HTMLElement;
  /** Takes the keys, and scrolls where a chart is wider than the screen. */
  readonly stage: HTMLElement;
  /** Holds the drawing, and what is laid over it. */
  readonly place: HTMLElement;
  readonly drawing: HTMLElement;
  readonly tip: HTMLElement;
  readonly ring: HTMLElement;
  readonly said: HTMLElement;
  readonly follow: HTMLSelectElement;
  readonly zoomIn: HTMLButtonElement;
  readonly zoomOut: HTMLButtonElement;
  readonly reset: HTMLButtonElement;
}

export interface Wanted {
  readonly name: string;
  readonly groups: readonly string[];
  readonly canZoom: boolean;
}

const KEYS =
  'Point, tap, or use the arrow keys for exact numbers; press a mark or a name, or Enter, to follow it.';
const ZOOM_KEYS = ' Drag to move; + and −, or the wheel with Ctrl, to zoom; 0 for everything.';

export function controls(document: Document, { name, groups, canZoom }: Wanted): Controls {
  const make = <K extends keyof HTMLElementTagNameMap>(
    tag: K,
    properties: Partial<HTMLElementTagNameMap[K]> = {},
    ...children: readonly (Node | string)[]
  ): HTMLElementTagNameMap[K] => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const button = (text: string, label: string | null = null) =>
    make('button', { type: 'button', className: 'button', ariaLabel: label }, text);
  const follow = make('select', { className: 'field' }, make('option', { value: '' }, 'all'));
  follow.append(...groups.map((group) => make('option', { value: group }, group)));
  const [zoomIn, zoomOut] = [button('+', 'Zoom in'), button('−', 'Zoom out')];
  const reset = button('Show all');
  const said = make('p', { className: 'hidden-text', role: 'status' });
  const tip = make('div', { className: 'chart-tip', hidden: true, ariaHidden: 'true' });
  const ring = make('div', { className: 'chart-ring', hidden: true, ariaHidden: 'true' });
  const drawing = make('div', { ariaHidden: 'true' });
  const place = make('div', { className: 'chart-place' }, drawing, ring, tip);
  const help = KEYS + (canZoom ? ZOOM_KEYS : '');
  const stage = make('div', { className: 'chart-stage', tabIndex: 0, role: 'application' }, place);
  stage.ariaLabel = `${name} ${help}`;
  const zoom = canZoom ? [zoomIn, zoomOut] : [];
  const tools = make(
    'div',
    { className: 'chart-tools' },
    make('label', {}, 'Follow ', follow),
    ...zoom,
    reset,
  );
  const root = make(
    'div',
    { className: 'chart-live' },
    tools,
    stage,
    make('p', { className: 'muted' }, help),
    said,
  );
  return { root, stage, place, drawing, tip, ring, said, follow, zoomIn, zoomOut, reset };
}
