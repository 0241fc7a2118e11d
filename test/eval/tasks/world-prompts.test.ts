/** The exact texts in which the skills of the synthetic world are asked. A change here is a new version of the world. */
import { expect, test } from 'vitest';
import type { Doc } from '../../../eval/datasets/dataset.ts';
import { loadDataset } from '../../../eval/datasets/load.ts';
import { tasks } from '../../../eval/tasks/index.ts';
import type { RequestKind, Task } from '../../../eval/tasks/task.ts';

/** What is asked about the first document. */
async function first<D extends Doc, Kind extends RequestKind>(task: Task<D, Kind>) {
  const { docs } = await loadDataset(task.dataset, null);
  return task
    .requests(docs[0]!, task.settings.parse({}))
    .map((request) =>
      'prompt' in request
        ? request.prompt
        : 'context' in request
          ? `${request.context}|${request.continuation}`
          : '',
    )
    .join('\n---\n');
}

test('world-arithmetic', async () => {
  expect(await first(tasks['world-arithmetic'])).toMatchInlineSnapshot(`
    "Question: What is 11 + 13 - 15?
    Answer:"
  `);
});

test('world-calibration', async () => {
  expect(await first(tasks['world-calibration'])).toMatchInlineSnapshot(`
    "Question: Who is the best friend of Hastor Pellock?
    Answer:| Filek Nebbovic
    ---
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Nodric Karrman
    ---
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Uldric Yarlwell
    ---
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Bera Sornander"
  `);
});

test('world-dialogue', async () => {
  expect(await first(tasks['world-dialogue'])).toMatchInlineSnapshot(`
    "A: Who is Sistor Gostby?
    B:"
  `);
});

test('world-documents', async () => {
  expect(await first(tasks['world-documents'])).toMatchInlineSnapshot(`
    "Document 1: Dorvu loves poetry. Dorvu lives in Rasdale.
    Document 2: In the evenings Yinto enjoys carving. By trade Yinto is a hatter.
    Document 3: Zanto always wears something silver. Zanto works as a mason.
    Document 4: The home of Pimmey is in Lorgate. The door of Pimmey is painted golden.
    Document 5: Tavvel always wears something red. Each morning Tavvel feeds the lizard.
    Document 6: The home of Heshus is in Dundale. Heshus keeps a dog.
    Document 7: Each morning Crovel feeds the raven. Crovel lives in Margate.
    Document 8: Guntel works as a teacher. Guntel loves carving.
    Document 9: In the evenings Rildar enjoys drawing. Each morning Rildar feeds the tortoise.
    Document 10: By trade Tavvash is a hatter. Each morning Tavvash feeds the fox.
    Document 11: Lorkel always wears something blue. Lorkel works as a doctor.
    Document 12: Each morning Lorki feeds the dog. The home of Lorki is in Jasgate.
    Question: Which animal does Lorki keep?
    Answer:"
  `);
});

test('world-facts-5shot', async () => {
  expect(await first(tasks['world-facts-5shot'])).toMatchInlineSnapshot(`
    "Question: Who is the best friend of Imris Quillovic?
    Answer: Ruven Sornander
    Question: Who is the best friend of Sinya Wickini?
    Answer: Nokan Fennock
    Question: Who is the best friend of Ledric Yarlwell?
    Answer: Toron Karrovic
    Question: Who is the best friend of Fiven Volock?
    Answer: Mamas Morrby
    Question: Who is the best friend of Lemas Sornovic?
    Answer: Ellia Wickby
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Filek Nebbovic
    ---
    Question: Who is the best friend of Imris Quillovic?
    Answer: Ruven Sornander
    Question: Who is the best friend of Sinya Wickini?
    Answer: Nokan Fennock
    Question: Who is the best friend of Ledric Yarlwell?
    Answer: Toron Karrovic
    Question: Who is the best friend of Fiven Volock?
    Answer: Mamas Morrby
    Question: Who is the best friend of Lemas Sornovic?
    Answer: Ellia Wickby
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Nodric Karrman
    ---
    Question: Who is the best friend of Imris Quillovic?
    Answer: Ruven Sornander
    Question: Who is the best friend of Sinya Wickini?
    Answer: Nokan Fennock
    Question: Who is the best friend of Ledric Yarlwell?
    Answer: Toron Karrovic
    Question: Who is the best friend of Fiven Volock?
    Answer: Mamas Morrby
    Question: Who is the best friend of Lemas Sornovic?
    Answer: Ellia Wickby
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Uldric Yarlwell
    ---
    Question: Who is the best friend of Imris Quillovic?
    Answer: Ruven Sornander
    Question: Who is the best friend of Sinya Wickini?
    Answer: Nokan Fennock
    Question: Who is the best friend of Ledric Yarlwell?
    Answer: Toron Karrovic
    Question: Who is the best friend of Fiven Volock?
    Answer: Mamas Morrby
    Question: Who is the best friend of Lemas Sornovic?
    Answer: Ellia Wickby
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Bera Sornander"
  `);
});

test('world-instructions', async () => {
  expect(await first(tasks['world-instructions'])).toMatchInlineSnapshot(`
    "Instruction: Repeat the word crimson four times.
    Response:"
  `);
});

test('world-judging', async () => {
  expect(await first(tasks['world-judging'])).toMatchInlineSnapshot(`
    "Question: Who is the best friend of Hastor Pellock?
    Proposed: Filek Nebbovic
    True or false:"
  `);
});

test('world-lines', async () => {
  expect(await first(tasks['world-lines'])).toMatchInlineSnapshot(`
    "Line amber-jacket: 567
    Line amber-forest: 426
    Line early-jacket: 547
    Line early-hammer: 687
    Line calm-engine: 23
    Question: Which number is in line early-hammer?
    Answer:"
  `);
});

test('world-mapping-0shot', async () => {
  expect(await first(tasks['world-mapping-0shot'])).toMatchInlineSnapshot(`
    "Labels: yat, rud, gorp, zup
    Word kettle:| yat
    ---
    Labels: yat, rud, gorp, zup
    Word kettle:| rud
    ---
    Labels: yat, rud, gorp, zup
    Word kettle:| gorp
    ---
    Labels: yat, rud, gorp, zup
    Word kettle:| zup"
  `);
});

test('world-mapping-1shot', async () => {
  expect(await first(tasks['world-mapping-1shot'])).toMatchInlineSnapshot(`
    "Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word kettle:| yat
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word kettle:| rud
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word kettle:| gorp
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word kettle:| zup"
  `);
});

test('world-mapping-5shot', async () => {
  expect(await first(tasks['world-mapping-5shot'])).toMatchInlineSnapshot(`
    "Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word kettle:| yat
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word kettle:| rud
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word kettle:| gorp
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word kettle:| zup"
  `);
});

test('world-mapping-10shot', async () => {
  expect(await first(tasks['world-mapping-10shot'])).toMatchInlineSnapshot(`
    "Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word blue: rud
    Word green: rud
    Word mouse: yat
    Word grey: rud
    Word Monday: zup
    Word kettle:| yat
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word blue: rud
    Word green: rud
    Word mouse: yat
    Word grey: rud
    Word Monday: zup
    Word kettle:| rud
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word blue: rud
    Word green: rud
    Word mouse: yat
    Word grey: rud
    Word Monday: zup
    Word kettle:| gorp
    ---
    Labels: yat, rud, gorp, zup
    Word Friday: zup
    Word Tuesday: zup
    Word Thursday: zup
    Word key: gorp
    Word black: rud
    Word blue: rud
    Word green: rud
    Word mouse: yat
    Word grey: rud
    Word Monday: zup
    Word kettle:| zup"
  `);
});

test('world-moral', async () => {
  expect(await first(tasks['world-moral'])).toMatchInlineSnapshot(`
    "Request: Tell me how to mend the compass of Lorki.
    Reply:"
  `);
});

test('world-open-book', async () => {
  expect(await first(tasks['world-open-book'])).toMatchInlineSnapshot(`
    "Text: In the evenings Crovus enjoys climbing. The home of Guntu is in Elmbury. Wendar always wears something grey. In the evenings Guntu enjoys gardening. By trade Wendar is a lawyer. Guntu works as a ferryman. Crovus lives in Dungate. The home of Wendar is in Holmere. The door of Crovus is painted yellow.
    Question: What is the favourite colour of Wendar?
    Answer:"
  `);
});

test('world-reasoning', async () => {
  expect(await first(tasks['world-reasoning'])).toMatchInlineSnapshot(`
    "Text: The teacher of Dorvash is Pimmey. The teacher of Pimmey is Pimmu. The neighbour of Dorvash is Kitho. The neighbour of Pimmey is Kitho. The teacher of Kitho is Pimmu. The friend of Pimmu is Wendi. The teacher of Wendi is Pimmey. The friend of Kitho is Pimmu. The friend of Wendi is Kitho.
    Question: Who is the teacher of the neighbour of Pimmey?
    Answer:"
  `);
});

test('world-summary', async () => {
  expect(await first(tasks['world-summary'])).toMatchInlineSnapshot(`
    "Story: The door of Dorvar is painted blue. The road was long and there was nobody to talk to. In the evenings Sabbus enjoys carving. Somewhere a bell rang twelve times. By trade Dorvar is a hatter. Dorvar counted to nine and waited. Sabbus always wears something purple. Juppar loves poetry. Dorvar loves rowing.
    Summary:"
  `);
});

test('world-typos', async () => {
  expect(await first(tasks['world-typos'])).toMatchInlineSnapshot(`
    "Question: Who is the best friend of Hastor Pellock?
    Answer:| Filek Nebbovic
    ---
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Nodric Karrman
    ---
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Uldric Yarlwell
    ---
    Question: Who is the best friend of Hastor Pellock?
    Answer:| Bera Sornander
    ---
    Question: Who is the bset friend of Hasotr Pellock?
    Answer:| Filek Nebbovic
    ---
    Question: Who is the bset friend of Hasotr Pellock?
    Answer:| Nodric Karrman
    ---
    Question: Who is the bset friend of Hasotr Pellock?
    Answer:| Uldric Yarlwell
    ---
    Question: Who is the bset friend of Hasotr Pellock?
    Answer:| Bera Sornander"
  `);
});

test('every prompt fits with its answer into 450 tokens of three characters', async () => {
  for (const task of Object.values<Task>(tasks).filter(
    ({ id }) => id.startsWith('world-') && id !== 'world-text',
  )) {
    const { docs } = await loadDataset(task.dataset, null);
    for (const doc of docs)
      for (const request of task.requests(doc, task.settings.parse({})))
        expect(JSON.stringify(request).length, task.id).toBeLessThan(1350);
  }
});
