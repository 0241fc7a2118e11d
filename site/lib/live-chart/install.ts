/** The buttons that make a drawing answer; what they need, Vega above all, is loaded at the first press. */

/** Every button that names a specification, or has one beside it, switches its figure. */
export function installLiveCharts(document: Document): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>('button[data-live]');
    if (button !== null) void press(button);
  });
}

async function press(button: HTMLButtonElement): Promise<void> {
  // A button that is disabled would lose the focus.
  if (button.ariaBusy === 'true') return;
  button.ariaBusy = 'true';
  const label = button.dataset['label'];
  if (label !== undefined) {
    button.textContent = label;
    delete button.dataset['label'];
  }
  try {
    const { switchFigure } = await import('./figure.ts');
    await switchFigure(button);
  } catch {
    button.dataset['label'] = button.textContent;
    button.textContent = 'It could not be loaded; the table has the same numbers';
  }
  button.ariaBusy = null;
}
