/** What the workflows about submissions may do, read from their files. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8').replace(/^ *#.*\n/gm, '');
const check = read('.github/workflows/submission.yml');
const comment = read('.github/workflows/submission-comment.yml');

/** The lines below a key of the outermost level. */
const block = (text: string, key: string) =>
  text
    .split(/^(?=\S)/m)
    .find((part) => part.startsWith(`${key}:`))!
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Steps, as they stand. */
const steps = (text: string) => text.split(/^ {6}- /m).slice(1);

const git = (cwd: string, ...args: readonly string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' });

/** Runs the step that reads the pull request, in a new folder. */
function take(origin: string, base: string, head: string): string {
  const script = steps(check)
    .find((step) => step.includes('git fetch'))!
    .split('run: |\n')[1]!;
  const cwd = mkdtempSync(path.join(tmpdir(), 'bitloss-workflow-'));
  const env = {
    ...process.env,
    GITHUB_SERVER_URL: `file://${path.dirname(origin)}`,
    GITHUB_REPOSITORY: path.basename(origin),
    BASE_SHA: base,
    HEAD_SHA: head,
  };
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return cwd;
}

describe('the workflow that checks', () => {
  it('runs on pull requests with results, and may only read', () => {
    expect(block(check, 'on')).toEqual(['pull_request:', 'paths: ["data/results/**", "data/trust/**"]']);
    expect(block(check, 'permissions')).toEqual(['contents: read']);
    expect(check.match(/permissions:/g)).toHaveLength(1);
  });

  it('knows no secret and no token', () => {
    expect(check).not.toMatch(/secrets|token|pull_request_target/i);
    expect(check.match(/persist-credentials: false/g)).toHaveLength(1);
    expect(check.match(/actions\/checkout/g)).toHaveLength(1);
  });

  it('installs and runs the code of the base alone', () => {
    const checkout = steps(check).find((step) => step.includes('actions/checkout'))!;
    expect(checkout).toMatch(/ref: \$\{\{ github\.event\.pull_request\.base\.sha \}\}/);
    expect(checkout).toContain('path: base');
    const running = steps(check).filter((step) => /\b(?:node|npx|pnpm|npm|bash) /.test(step));
    expect(running).toHaveLength(3);
    for (const step of running) expect(step).toContain('working-directory: base');
  });

  it('takes only plain files below data/ from the pull request', () => {
    const [taking, ...others] = steps(check).filter(
      (step) => step.includes('HEAD_SHA') || step.includes('git '),
    );
    expect(others).toEqual([]);
    expect(taking).toMatch(/ls-tree -r "\$HEAD_SHA" -- data \| grep -qvE '\^100644 blob '/);
    expect(taking!.indexOf('ls-tree')).toBeLessThan(taking!.indexOf('checkout --quiet'));
    expect(taking).toContain('sparse-checkout set --cone data');
    expect(taking).toContain('core.symlinks false');
    expect(taking).toContain('core.hooksPath /dev/null');
  });

  it('brings the data of a commit to the disk, and stops at a link', () => {
    const origin = mkdtempSync(path.join(tmpdir(), 'bitloss-origin-'));
    const commit = (...files: readonly string[]) => {
      for (const file of files) {
        mkdirSync(path.dirname(path.join(origin, file)), { recursive: true });
        writeFileSync(path.join(origin, file), file);
      }
      git(origin, 'add', '.');
      git(origin, '-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '-qm', 'x');
      return git(origin, 'rev-parse', 'HEAD').trim();
    };
    git(origin, 'init', '-q');
    git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    const base = commit('eval/code.ts', 'data/tasks.json');
    const head = commit('eval/more.ts', 'data/results/someone/x.json');
    const place = take(origin, base, head);
    expect(existsSync(path.join(place, 'head/data/results/someone/x.json'))).toBe(true);
    expect(existsSync(path.join(place, 'head/eval'))).toBe(false);
    expect(git(path.join(place, 'head'), 'diff', '--name-only', base)).toBe(
      'data/results/someone/x.json\neval/more.ts\n',
    );
    symlinkSync('/etc/passwd', path.join(origin, 'data/results/someone/link.json'));
    expect(() => take(origin, base, commit())).toThrow(/there is a link/);
  });

  it('puts no text of the event into a command', () => {
    for (const text of [check, comment])
      for (const step of steps(text))
        expect(step.split(/\brun: /)[1] ?? '').not.toMatch(/\$\{\{(?! github\.(?:token|workspace) )/);
  });
});

describe('the workflow that comments', () => {
  it('runs after the other one, on the code of the main branch', () => {
    expect(block(comment, 'on')).toEqual(['workflow_run:', 'workflows: [submission]', 'types: [completed]']);
    expect(read('.github/workflows/submission.yml')).toMatch(/^name: submission$/m);
    expect(comment).not.toMatch(/\bref:|repository:|head_branch|\bgit |npx|pnpm/);
    expect(comment.match(/actions\/checkout/g)).toHaveLength(1);
  });

  it('may write to pull requests and nothing else, with no secret', () => {
    expect(block(comment, 'permissions')).toEqual([
      'actions: read',
      'contents: read',
      'pull-requests: write',
    ]);
    expect(comment).not.toContain('secrets');
  });

  it('needs nothing that has to be installed', () => {
    const imports = (file: string): readonly string[] =>
      [...read(file).matchAll(/^import .* from '(.*)';$/gm)].flatMap(([, from]) =>
        from!.startsWith('.') ? imports(path.join(path.dirname(file), from!)) : [from!],
      );
    const all = imports('scripts/submission-comment.ts');
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((from) => !from.startsWith('node:'))).toEqual([]);
  });
});
