/** The theme button: light or dark, kept for the next visit; without a choice the system decides. */
export function installThemeToggle(document: Document): void {
  const button = document.querySelector<HTMLButtonElement>('[data-theme-toggle]');
  const label = button?.querySelector<HTMLElement>('[data-theme-label]');
  if (button == null || label == null) return;
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = () => root.dataset.theme ?? (system.matches ? 'dark' : 'light');
  const describe = () => {
    label.textContent = current() === 'dark' ? 'Switch to the light theme' : 'Switch to the dark theme';
  };
  button.addEventListener('click', () => {
    root.dataset.theme = current() === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      // Storage can be refused; the choice then lasts for this page.
    }
    describe();
  });
  system.addEventListener('change', describe);
  describe();
}
