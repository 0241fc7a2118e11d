import { describe, expect, it } from 'vitest';
import { world } from '../../../eval/world/facts.ts';
import {
  heldOutDocuments,
  heldOutQuestions,
  lastWordPassages,
  promptOf,
  trainingDocuments,
} from '../../../eval/world/index.ts';
import { splitQuestions } from '../../../eval/world/questions.ts';
import { sha256 } from './sha256.ts';

const TRAINING_SAMPLE = 20_000;

describe('the world', () => {
  it('is the same world on every machine and in every version', () => {
    // The shipped model was trained on these very texts: a changed hash means that it has to be trained again.
    expect(sha256(JSON.stringify(heldOutDocuments()))).toMatchInlineSnapshot(
      `"4e06b7513f04d8685aac572db620680462436f0d73fc8d63e558d3d3b4e20b0c"`,
    );
    expect(sha256(JSON.stringify(heldOutQuestions()))).toMatchInlineSnapshot(
      `"6ab0406dc1f50a71be843099589ba0582b7c8bac263e37525169d596ea404e7c"`,
    );
    expect(sha256(JSON.stringify(lastWordPassages()))).toMatchInlineSnapshot(
      `"ebe4649e6245ae46c1da4cd87acdb0bbcbacb07df5af38b8d9ccd3dfb8b78512"`,
    );
    expect(sha256(JSON.stringify([...trainingDocuments(1000, 1)]))).toMatchInlineSnapshot(
      `"22b59f037a5370a006845d344f1bd5efc56e1f646bbb08bfbf844da3a531505f"`,
    );
  });

  it('gives every person a unique name and a friend who is somebody else', () => {
    const { people } = world();
    expect(new Set(people.map((person) => person.name)).size).toBe(people.length);
    for (const [index, person] of people.entries()) expect(person.friend).not.toBe(index);
  });

  it('tells other texts for another seed', () => {
    expect([...trainingDocuments(20, 1)]).not.toEqual([...trainingDocuments(20, 2)]);
  });
});

describe('training and evaluation', () => {
  it('share no document', () => {
    const training = new Set(trainingDocuments(TRAINING_SAMPLE, 1));
    expect(heldOutDocuments().filter((document) => training.has(document))).toEqual([]);
    expect(lastWordPassages().filter(({ text }) => training.has(`${text}.`))).toEqual([]);
  });

  it('share no question', () => {
    const { training, heldOut } = splitQuestions();
    const asked = new Set(training.map((question) => question.question));
    expect(heldOut.filter((question) => asked.has(question.question))).toEqual([]);
    const text = [...trainingDocuments(TRAINING_SAMPLE, 1)].join('\n');
    expect(heldOutQuestions().filter((question) => text.includes(promptOf(question)))).toEqual([]);
    expect(training.some((question) => text.includes(promptOf(question)))).toBe(true);
  });
});

describe('questions', () => {
  it('have four different choices with the answer among them', () => {
    for (const question of heldOutQuestions()) {
      expect(new Set(question.choices).size).toBe(4);
      expect(question.choices[question.answerIndex]).toBe(question.answer);
    }
  });

  it('spread the right answer evenly over the four places', () => {
    const places = [0, 0, 0, 0];
    for (const question of heldOutQuestions()) places[question.answerIndex]!++;
    // 800 questions: 200 a place, standard deviation 12.2; five of those are allowed.
    for (const count of places) expect(Math.abs(count - 200)).toBeLessThan(62);
  });
});

describe('passages', () => {
  it('end in a word that occurs before, without a period', () => {
    for (const { text } of lastWordPassages()) {
      const words = text.split(' ');
      const last = words.pop()!;
      expect(last).toMatch(/^[A-Za-z]+$/);
      expect(words.some((word) => word.replace(/[^A-Za-z]/g, '') === last)).toBe(true);
    }
  });
});
