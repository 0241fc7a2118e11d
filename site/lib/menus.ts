/**
 * Menus are `<details data-closes>`, which open and close without a script. With one they also close at a click elsewhere,
 * when the focus leaves them, and at Escape, which gives the focus back to their name.
 */
export function installMenus(document: Document): void {
  const open = () => document.querySelectorAll<HTMLDetailsElement>('details[data-closes][open]');
  const closeAround = ({ target }: Event) => {
    for (const menu of open()) if (!menu.contains(target as Node)) menu.open = false;
  };
  document.addEventListener('click', closeAround);
  // A press inside a menu may give the focus to what lies around it; to hide what is pressed at that moment ends Chromium's tab.
  document.addEventListener('focusin', (event) => {
    if ((event.target as Element).matches(':focus-visible')) closeAround(event);
  });
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    for (const menu of open()) {
      if (menu.contains(document.activeElement)) menu.querySelector('summary')?.focus();
      menu.open = false;
    }
  });
}
