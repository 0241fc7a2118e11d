/** Preloaded into a process whose CPU time is asked for: `node --import …`, with the file to write in BITLOSS_USAGE. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env['BITLOSS_USAGE']!, JSON.stringify({ cpu_s: (user + system) / 1e6 }));
});
