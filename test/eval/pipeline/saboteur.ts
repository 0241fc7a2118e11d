/**
 * Loaded into a process with --import, lets a worker fail as BITLOSS_SABOTAGE says, so that what follows can be tested:
 * `kill FILE PATTERN` ends it with SIGKILL when it has written a line that matches; `address FILE PATTERN` makes the GPU
 * read a wild address then. It happens once: FILE is made first, and where it is there nothing happens.
 */
import { existsSync, writeFileSync } from 'node:fs';

const [kind, file, ...words] = (process.env['BITLOSS_SABOTAGE'] ?? '').split(' ');
const pattern = new RegExp(words.join(' '));
let isArmed = false;

// Only workers have a channel to the process that began.
if (process.channel !== undefined && file !== undefined) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((text: string, ...rest: never[]) => {
    const written = write(text, ...rest);
    if (pattern.test(text) && !existsSync(file)) {
      writeFileSync(file, '');
      if (kind === 'kill') process.kill(process.pid, 'SIGKILL');
      isArmed = true;
    }
    return written;
  }) as typeof process.stdout.write;
  if (kind === 'address') await armDevice();
}

/** The next upload is followed by a kernel that reads address 256. */
async function armDevice(): Promise<void> {
  const { Device } = await import('../../../eval/engines/cuda/device.ts');
  const { upload } = Device.prototype;
  Device.prototype.upload = function (to, values) {
    if (isArmed) {
      isArmed = false;
      const shape = { outer: 1, inner: 1, width: 64, xOuter: 64, xInner: 64, outOuter: 64, outInner: 64 };
      const what = { kind: 0, xDtype: 0, outDtype: 0, eps: 1e-5, unitOffset: 0 };
      this.kernels.norm({ ...shape, ...what, x: 256, out: 256, weight: 256, bias: 0 });
    }
    upload.call(this, to, values);
  };
}
