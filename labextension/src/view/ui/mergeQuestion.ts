/** The dialog that merges a branch into another one. */

import type { Answers, DialogOptions } from './dialog';
import { withoutEmpty, type DialogContext } from './questions';
import { magic } from '../data/format';
import { RequestError } from '../data/source';
import type { Merging } from '../data/answers';
import { trans } from '../translation';

const MAIN = 'main';

/** The dialog for a branch of a model; refuses if the model has only one branch. */
export async function mergeQuestion(
  context: DialogContext,
  model: string,
  branch: string,
): Promise<DialogOptions> {
  const merging = await context.source.ask('merging', { ref: model });
  if (merging.branches.every((name) => name === branch)) {
    throw new RequestError(
      trans.__('%1 has one branch only.', model),
      trans.__('Make another one: %1', magic('branch', model, branch === 'exp' ? 'eu' : 'exp')),
    );
  }
  return dialogOf(context, model, branch, merging);
}

function dialogOf(
  { source, done, failed }: DialogContext,
  model: string,
  branch: string,
  { branches, methods }: Merging,
): DialogOptions {
  const lineOf = (name: string): string => (name === MAIN ? model : `${model}:${name}`);
  const ref = lineOf(branch);
  const others = branches.filter((name) => name !== branch).map(lineOf);
  const message = (answers: Answers): string => (answers.message ?? '').trim();
  return {
    title: trans.__('Merge %1', ref),
    about: trans.__(
      'Makes a new version of another branch. The method makes its object from the latest versions of both. To score them on rows, or to train on rows, type: %1',
      '%model_merge --data --target',
    ),
    fields: [
      {
        name: 'into',
        label: trans.__('Into'),
        options: others,
        value: others.includes(model) ? model : (others[0] ?? ''),
      },
      { name: 'how', label: trans.__('Method'), options: methods },
      { name: 'message', label: trans.__('Message'), hint: trans.__('best of both') },
      {
        name: 'trust',
        label: trans.__('Trust them: their authors may run any code on this machine'),
        tick: true,
      },
    ],
    action: trans.__('Merge'),
    busy: trans.__('Merging …'),
    line: (answers) =>
      magic(
        'merge',
        ref,
        ['--into', answers.into ?? ''],
        ['--how', answers.how ?? ''],
        ['-m', message(answers)],
        answers.trust ? '--trust' : '',
      ),
    submit: async (answers) =>
      done(
        await source.ask(
          'merge',
          withoutEmpty({
            ref,
            into: answers.into ?? '',
            how: answers.how ?? '',
            message: message(answers),
            trust: !!answers.trust,
          }),
        ),
      ),
    failed,
  };
}
