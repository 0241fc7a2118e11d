/** Makes a picture of a drawing in the browser: the same SVG file, in the light theme, at twice its size. */
import { saveFile } from './save-file.ts';

const SCALE = 2;

/** Every button that names a drawing gives it away as PNG. */
export function installPngButtons(document: Document): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>('button[data-png]');
    if (button !== null) void save(button);
  });
}

async function save(button: HTMLButtonElement): Promise<void> {
  const address = button.dataset['png']!;
  button.disabled = true;
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(String(response.status));
    const name = address.replace(/^.*\//, '').replace(/\.svg$/, '.png');
    saveFile(name, await picture(await response.text()));
  } catch {
    button.textContent = 'The picture could not be made; the SVG works';
  }
  button.disabled = false;
}

async function picture(svg: string): Promise<Blob> {
  const image = new Image();
  const light = svg.replace('color-scheme:light dark', 'color-scheme:light');
  image.src = URL.createObjectURL(new Blob([light], { type: 'image/svg+xml' }));
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = SCALE * image.naturalWidth;
  canvas.height = SCALE * image.naturalHeight;
  const context = canvas.getContext('2d')!;
  // Behind the drawing: many programs show what is transparent as black.
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error('empty')) : resolve(blob)), 'image/png'),
  );
}
