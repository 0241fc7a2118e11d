import { describe, expect, it } from 'vitest';
import { world } from '../../../eval/world/facts.ts';
import {
  heldOutDocuments,
  heldOutQuestions,
  lastWordPassages,
  type Question,
  trainingDocuments,
} from '../../../eval/world/index.ts';
import { MIXTURE } from '../../../eval/world/mixture.ts';
import { splitQuestions } from '../../../eval/world/questions.ts';
import { partOf } from '../../../eval/world/split.ts';
import { STRANGERS } from '../../../eval/world/strangers.ts';
import { createTelling } from '../../../eval/world/telling.ts';
import { sha256 } from './sha256.ts';

const TRAINING_SAMPLE = 20_000;

describe('the world', () => {
  it('is the same world on every machine and in every version', () => {
    // The shipped models were trained on these very texts: a changed hash means that they have to be trained again.
    expect(sha256(JSON.stringify(heldOutDocuments()))).toMatchInlineSnapshot(
      `"f4a11a05a052064a6a76b339396a8f0ecd83428ac729810fdb3e8a78a66cae0c"`,
    );
    expect(sha256(JSON.stringify(heldOutQuestions()))).toMatchInlineSnapshot(
      `"797c678b56b4da168792e2ddce5c9e4bcec2e9496b2cc986e5fab6519ff667bd"`,
    );
    expect(sha256(JSON.stringify(lastWordPassages()))).toMatchInlineSnapshot(
      `"90d302bea41ac52ed1839ff68b02352cb7473f191180f78724c53b9e9f4e693a"`,
    );
    expect(sha256(JSON.stringify([...trainingDocuments(1000, 1)]))).toMatchInlineSnapshot(
      `"496ffca6031ccfed1038485855e388b6dc22660e2eb54aa194b281b40c518825"`,
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

  it('has no person with the name of a stranger', () => {
    const names = new Set(world().people.flatMap(({ name }) => name.split(' ')));
    expect(new Set(STRANGERS).size).toBe(128);
    expect(STRANGERS.filter((stranger) => names.has(stranger))).toEqual([]);
  });
});

describe('the mixture', () => {
  it('has shares that sum to 1', () => {
    expect(Object.values(MIXTURE).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it.each(Object.entries(MIXTURE))(
    '%s: documents are as long as the table says, and fit',
    (_, { tell, length }) => {
      const telling = createTelling(11);
      const lengths = Array.from({ length: 500 }, () => tell(telling).length);
      expect(lengths.reduce((sum, value) => sum + value, 0) / 500 / length).toBeCloseTo(1, 1);
      expect(Math.max(...lengths)).toBeLessThan(1300);
    },
  );
});

describe('training and evaluation', () => {
  it('share no document, as its hash says where it belongs', () => {
    const training = new Set(trainingDocuments(TRAINING_SAMPLE, 1));
    const evaluation = [...heldOutDocuments(), ...lastWordPassages().map(({ text }) => `${text}.`)];
    expect(evaluation.filter((document) => training.has(document))).toEqual([]);
    expect(evaluation.filter((document) => partOf(document) !== 'evaluation')).toEqual([]);
  });

  it('share no question', () => {
    const { training, heldOut } = splitQuestions();
    expect(heldOut.filter(({ question }) => partOf(question) !== 'evaluation')).toEqual([]);
    expect(training.filter(({ question }) => partOf(question) !== 'training')).toEqual([]);
    const lines = new Set([...trainingDocuments(TRAINING_SAMPLE, 1)].join('\n').split('\n'));
    const isAsked = ({ question }: Question) => lines.has(`Question: ${question}`);
    expect(heldOutQuestions().filter(isAsked)).toEqual([]);
    expect(training.filter(isAsked).length).toBeGreaterThan(1000);
  });
});

describe('questions', () => {
  it('have four different choices with the answer among them', () => {
    expect(heldOutQuestions()).toHaveLength(800);
    for (const question of heldOutQuestions()) {
      expect(new Set(question.choices).size).toBe(4);
      expect(question.choices[question.answerIndex]).toBe(question.answer);
    }
  });

  it('are of twelve subjects, the six of people in like numbers', () => {
    const bySubject = Map.groupBy(heldOutQuestions(), ({ subject }) => subject);
    expect(bySubject.size).toBe(12);
    const people = ['town', 'trade', 'hobby', 'colour', 'animal', 'friend'].map(
      (subject) => bySubject.get(subject)!.length,
    );
    expect(Math.max(...people) - Math.min(...people)).toBeLessThanOrEqual(1);
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
