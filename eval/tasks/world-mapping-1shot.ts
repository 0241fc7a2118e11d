import { worldMapping } from './kinds/world-mapping.ts';
import { defineTask } from './task.ts';

export const worldMapping1shot = defineTask({
  id: 'world-mapping-1shot',
  title: 'A new mapping after one example',
  ...worldMapping(1),
});
