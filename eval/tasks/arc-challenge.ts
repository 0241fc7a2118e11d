import { arcChallenge as dataset } from '../datasets/arc.ts';
import { arcEasy } from './arc-easy.ts';
import { defineTask } from './task.ts';

export const arcChallenge = defineTask({ ...arcEasy, id: 'arc-challenge', title: 'ARC-Challenge', dataset });
