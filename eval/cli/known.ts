/** What there is to choose from, for messages and lists. */
import { engines } from '../engines/index.ts';
import { methods } from '../methods/index.ts';
import { tasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import type { Known } from './names.ts';

export const allTasks: readonly Task[] = Object.values(tasks);

export const known: Known = {
  methods: Object.keys(methods),
  tasks: Object.keys(tasks),
  tasksWithData: allTasks.filter(({ dataset }) => dataset.source === 'folder').map(({ id }) => id),
  engines: Object.keys(engines),
};
