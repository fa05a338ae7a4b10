/** The grammar of references, as nbmodel/refs.py reads and prints it. */

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?';
const REFERENCE = new RegExp(
  `^(?<model>${NAME})(?::(?<branch>${NAME}))?` +
    '(?:@(?<selector>[^@#~:\\s]+)|#(?<stage>[^@#~:\\s]+))?(?:~(?<back>[0-9]{1,9}))?$',
);
/** What `@` reads as something else than a stage. */
const RESERVED = /^(?:latest|created|deprecated|v?[0-9]+(?:[._-][0-9]+)*|[0-9a-f]{7,})$/i;
const STAGE = new RegExp(`^${NAME}$`);

export interface Reference {
  model: string;
  branch: string;
  /** `latest`, a number, a release or a commit id; empty for a stage. */
  selector: string;
  stage: string;
  back: number;
}

/** The parts of a reference; null if the text is not one. */
export function parseReference(text: string): Reference | null {
  const {
    model,
    branch = '',
    selector = '',
    stage = '',
    back,
  } = REFERENCE.exec(text)?.groups ?? {};
  if (model === undefined) {
    return null;
  }
  const read = { model, branch, selector, stage, back: Number(back ?? 0) };
  return isStage(selector) ? { ...read, selector: '', stage: selector } : read;
}

/** How a stage is written: `churn@prod`, and `churn#v1` for an old name that `@` reads otherwise. */
export function stageReference(model: string, stage: string): string {
  return `${model}${RESERVED.test(stage) ? '#' : '@'}${stage}`;
}

/** `@7` for `churn@7`, and `:exp@7` for `churn:exp@7`, where the model is known. */
export function shortReference(ref: string, model: string): string {
  return ref.startsWith(`${model}@`) || ref.startsWith(`${model}:`) ? ref.slice(model.length) : ref;
}

/** Whether `@` reads a selector as a stage. */
function isStage(selector: string): boolean {
  return STAGE.test(selector) && !RESERVED.test(selector);
}
