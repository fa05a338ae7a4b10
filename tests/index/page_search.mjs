// Searches as a static page does. Each line of the input has a page and questions, or characters to
// compare; each line of the output has the answers.
import { createInterface } from "node:readline";

const { EmbeddedSource } = await import(`${process.argv[2]}/embedded.mjs`);
const { beginsWord, fold, wordsOf } = await import(
  `${process.argv[2]}/folding.mjs`
);

async function answer(source, question) {
  try {
    const { rows, hint } = await source.ask("rows", question);
    return { refs: rows.map((row) => row.ref), hint };
  } catch ({ what, hint, kind }) {
    return { error: [kind, what, hint] };
  }
}

async function answers({ page, questions, characters }) {
  if (characters) {
    return characters.map((each) => [
      fold(each),
      wordsOf(each).join(" "),
      beginsWord(`a${each}`, fold(each)),
    ]);
  }
  const source = new EmbeddedSource(page, null);
  const found = [];
  for (const question of questions) {
    found.push(await answer(source, question));
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answers(JSON.parse(line))));
}
