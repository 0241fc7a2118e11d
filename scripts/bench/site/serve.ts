/** The built site on loopback, as Astro serves it. */
import { spawn } from 'node:child_process';

export async function served<T>(folder: string, look: (url: string) => Promise<T>): Promise<T> {
  const port = 4000 + (process.pid % 1000);
  const url = `http://127.0.0.1:${port}/`;
  const command = [
    'node_modules/astro/bin/astro.mjs',
    'preview',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ];
  const server = spawn(process.execPath, command, {
    stdio: 'ignore',
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', BITLOSS_OUT: folder },
  });
  try {
    await answering(url);
    return await look(url);
  } finally {
    server.kill();
  }
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`[bench] astro preview did not answer at ${url} within 2 minutes.`);
}
