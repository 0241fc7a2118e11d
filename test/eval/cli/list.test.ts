import { expect, test } from 'vitest';
import { listText } from '../../../eval/cli/list.ts';
import { families } from '../../../eval/families/index.ts';

test('the list names every family by the model_type of its configs', () => {
  const text = listText({
    models: [],
    suites: [],
    families: Object.values(families),
    methods: [],
    tasks: [],
    engines: [],
  });
  const lines = text.split('\n').map((line) => line.trim());
  expect(lines).toContain('Families (model_type of config.json)');
  for (const { id, title } of Object.values(families))
    expect(lines.some((line) => line.startsWith(`${id} `) && line.endsWith(title))).toBe(true);
});
