/** `pnpm eval` as a process of its own. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const CLI = path.resolve(import.meta.dirname, '../../../eval/cli.ts');

/** Where one process leaves its compiled sources for the next, which starts in two thirds of the time. */
const COMPILED = path.resolve(import.meta.dirname, '../../../.cache/test-compiled');

export interface Ended {
  /** Null where the process was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves when standard output matches, or when the process has ended. */
  shows(pattern: RegExp): Promise<void>;
  kill(): void;
  /** Asks it to end. */
  terminate(): void;
}

/** Starts it; what still runs when the test ends is killed. */
export function startEval(...args: readonly string[]): Running {
  const running = launchEval(args);
  onTestFinished(running.kill);
  return running;
}

/** Runs it to its end with a saboteur inside: see saboteur.ts. */
export function runSabotaged(sabotage: string, ...args: readonly string[]): Promise<Ended> {
  const saboteur = path.join(import.meta.dirname, 'saboteur.ts');
  const { NODE_OPTIONS: earlier = '' } = process.env;
  const running = launchEval(args, {
    NODE_OPTIONS: `${earlier} --import ${saboteur}`.trim(),
    BITLOSS_SABOTAGE: sabotage,
  });
  onTestFinished(running.kill);
  return running.ended;
}

/** Runs it to its end. */
export function runEval(...args: readonly string[]): Promise<Ended> {
  return launchEval(args).ended;
}

/** Starts it; whoever calls this sees to its end. */
export function launchEval(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const env = { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...environment };
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part) => {
    stderr += part;
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (status) => resolve({ status, stdout, stderr })),
  );
  const shows = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const check = () => pattern.test(stdout) && resolve();
      child.stdout.on('data', check);
      check();
      ended.then(() => resolve());
    });
  return { ended, shows, kill: () => void child.kill('SIGKILL'), terminate: () => void child.kill() };
}
