import { worldMapping } from './kinds/world-mapping.ts';
import { defineTask } from './task.ts';

export const worldMapping5shot = defineTask({
  id: 'world-mapping-5shot',
  title: 'A new mapping after five examples',
  ...worldMapping(5),
});
