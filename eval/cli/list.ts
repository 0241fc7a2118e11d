/** The text of `pnpm eval --list`. */
import type { Family } from '../families/family.ts';
import type { Method } from '../methods/method.ts';
import type { Suite } from '../suites/suite.ts';
import type { Task } from '../tasks/task.ts';

export interface Listed {
  readonly models: readonly string[];
  readonly suites: readonly Suite[];
  readonly families: readonly Pick<Family, 'id' | 'title'>[];
  readonly engines: readonly string[];
  readonly methods: readonly Method[];
  readonly tasks: readonly Task[];
}

export function listText({ models, suites, families, engines, methods, tasks }: Listed): string {
  const isOwn = ({ dataset }: Task) => dataset.source === 'generated';
  const sections = [
    section(
      'Shipped models',
      models.map((model) => [model, '']),
    ),
    section(
      'Suites',
      suites.map(({ id, title }) => [id, title]),
    ),
    section(
      'Families (model_type of config.json)',
      families.map(({ id, title }) => [id, title]),
    ),
    section('Methods', [['fp16', 'The model as released'], ...methods.map(describeMethod)]),
    section('Tasks of the project', tasks.filter(isOwn).map(describeTask)),
    section('Tasks with --data', tasks.filter((task) => !isOwn(task)).map(describeTask)),
    section(
      'Engines',
      engines.map((engine) => [engine, '']),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length), 0);
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`.trimEnd())].join('\n');
}

function describeMethod({ id, title, paper, needs }: Method): readonly [string, string] {
  const source = paper === null ? '' : ` (${paper.authors} ${paper.year})`;
  return [id, `${title}${source}${needs === 'nothing' ? '' : ', calibrated'}`];
}

function describeTask({ id, title, metrics }: Task): readonly [string, string] {
  return [id, `${title}: ${metrics.map((metric) => metric.id).join(', ')}`];
}
