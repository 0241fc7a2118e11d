import { worldMapping } from './kinds/world-mapping.ts';
import { defineTask } from './task.ts';

export const worldMapping10shot = defineTask({
  id: 'world-mapping-10shot',
  title: 'A new mapping after ten examples',
  ...worldMapping(10),
});
