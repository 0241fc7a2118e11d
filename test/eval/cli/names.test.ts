import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkNames, type Known } from '../../../eval/cli/names.ts';
import { readConfig } from '../../../eval/config.ts';
import { placeOf, slugOf } from '../../../eval/models.ts';
import { scratchFolder } from '../pipeline/places.ts';

const known: Known = {
  methods: ['rtn', 'gptq'],
  tasks: ['arc-challenge', 'arc-easy', 'hellaswag', 'world-text'],
  tasksWithData: ['arc-challenge', 'arc-easy', 'hellaswag'],
  engines: ['onnx'],
};

function folderWithModels(): string {
  const folder = scratchFolder();
  mkdirSync(path.join(folder, 'models/bitloss-llama-3m'), { recursive: true });
  mkdirSync(path.join(folder, 'mine'));
  return folder;
}

async function problemsOf(sweep: object): Promise<readonly string[]> {
  const folder = folderWithModels();
  const config = readConfig({ sweep }, { root: folder, cwd: folder });
  if ('problems' in config) throw new Error(JSON.stringify(config.problems));
  return checkNames(config.sweep, known, folder, folder);
}

test('known names pass', async () => {
  const models = ['bitloss-llama-3m', './mine', 'mine', 'meta-llama/Llama-3.2-1B', 'org/name@main'];
  expect(
    await problemsOf({ models, tasks: ['world-text'], recipes: ['fp16', 'gptq-w3g128-actorder'] }),
  ).toEqual([]);
  expect(await problemsOf({ tasks: ['hellaswag'], data: import.meta.dirname })).toEqual([]);
  expect(await problemsOf({ tasks: ['hellaswag'], data: '/nowhere' })).toEqual([
    '--data: expected a folder, got "/nowhere".',
  ]);
});

test('unknown names get the nearest known ones, all at once', async () => {
  const problems = await problemsOf({
    models: ['bitloss-lama', './theirs', 'a/b/c'],
    recipes: ['gtpq-w4g128', 'rtn-w04', 'awq-w4g128', 'rtn-w4-g128', 'gptq-w3g18x'],
    tasks: ['helaswag', 'arc', 'mmlu', 'arc-easy'],
    engine: 'onxx',
  });
  expect(problems.join('\n')).toMatchInlineSnapshot(`
    "--model: "bitloss-lama" is no folder, no shipped model and no Hugging Face id such as org/name. Shipped: bitloss-llama-3m (1).
    --model: "./theirs" is no folder, no shipped model and no Hugging Face id such as org/name. Shipped: bitloss-llama-3m (1).
    --model: "a/b/c" is no folder, no shipped model and no Hugging Face id such as org/name. Shipped: bitloss-llama-3m (1).
    --recipe: "gtpq-w4g128" names the method "gtpq", which is not known. Did you mean "gptq"? Known: fp16, rtn, gptq (3).
    --recipe: "rtn-w04": it does not follow the grammar method-w<bits>[g<group>][a<bits>][kv<bits>][-option…]. Examples: fp16, rtn-w4g128, gptq-w3g128-actorder, rtn-w4a8kv4, wanda-2:4, sparsegpt-s50.
    --recipe: "awq-w4g128" names the method "awq", which is not known. Did you mean "gptq-w4g128" or "rtn-w4g128"? Known: fp16, rtn, gptq (3).
    --recipe: "rtn-w4-g128": it does not follow the grammar method-w<bits>[g<group>][a<bits>][kv<bits>][-option…]. Examples: fp16, rtn-w4g128, gptq-w3g128-actorder, rtn-w4a8kv4, wanda-2:4, sparsegpt-s50. Did you mean "rtn-w4g128" or "rtn-w2g128"?
    --recipe: "gptq-w3g18x": it does not follow the grammar method-w<bits>[g<group>][a<bits>][kv<bits>][-option…]. Examples: fp16, rtn-w4g128, gptq-w3g128-actorder, rtn-w4a8kv4, wanda-2:4, sparsegpt-s50. Did you mean "gptq-w3g128" or "gptq-w2g128"?
    --task: unknown task "helaswag". Did you mean "hellaswag"? Known: arc-challenge, arc-easy, hellaswag, world-text (4).
    --task: unknown task "arc". Did you mean "arc-challenge" or "arc-easy"? Known: arc-challenge, arc-easy, hellaswag, world-text (4).
    --task: unknown task "mmlu". Known: arc-challenge, arc-easy, hellaswag, world-text (4).
    --task arc-easy: its texts are not part of the repository. Give their folder with --data DIR.
    --engine: unknown engine "onxx". Did you mean "onnx"? Known: onnx (1)."
  `);
});

test('where a model is', async () => {
  const folder = folderWithModels();
  const place = (name: string) => placeOf(name, folder, folder);
  expect(await place('bitloss-llama-3m')).toEqual({
    kind: 'folder',
    folder: path.join(folder, 'models/bitloss-llama-3m'),
  });
  expect(await place('mine')).toEqual({ kind: 'folder', folder: path.join(folder, 'mine') });
  expect(await place('org/name')).toEqual({ kind: 'hub', id: 'org/name', revision: 'main' });
  expect(await place('org/name@abc')).toEqual({ kind: 'hub', id: 'org/name', revision: 'abc' });
  expect(await place('./org/name')).toBeNull();
  expect(await place('name')).toBeNull();
});

test.each([
  ['meta-llama/Llama-3.2-1B', 'llama-3.2-1b'],
  ['/models/My Model (v2)', 'my-model-v2'],
  ['data/models/bitloss-llama-3m', 'bitloss-llama-3m'],
  ['___', 'model'],
])('the id of %j is %j', (source, id) => {
  expect(slugOf(source)).toBe(id);
});
