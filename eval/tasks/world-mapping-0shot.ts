import { worldMapping } from './kinds/world-mapping.ts';
import { defineTask } from './task.ts';

export const worldMapping0shot = defineTask({
  id: 'world-mapping-0shot',
  title: 'A new mapping without examples',
  ...worldMapping(0),
});
