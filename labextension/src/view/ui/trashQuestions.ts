/** The dialogs that delete a branch or a model, and bring one back. */

import type { Answers, DialogOptions } from './dialog';
import { withoutEmpty, type DialogContext } from './questions';
import { count, countedVersions, magic } from '../data/format';
import { dateTime } from '../data/numbers';
import type { Deletion, TrashEntry } from '../data/answers';
import { trans } from '../translation';

/** The dialog for a branch or its model; `whole` if the model is the first choice. */
export function deleteQuestion(
  { source, done, failed }: DialogContext,
  model: string,
  branch: string,
  whole = false,
): DialogOptions {
  const line = `${model}:${branch}`;
  const previews = new Map<string, Promise<string>>();
  const preview = (ref: string): Promise<string> => {
    const known =
      previews.get(ref) ?? source.ask('deletion', { ref }).then((answer) => deletionText(answer));
    previews.set(ref, known);
    return known;
  };
  const subject = ({ what = '' }: Answers): string => (what === model ? model : line);
  return {
    title: trans.__('Delete'),
    about: trans.__('Nothing is lost at once: what is deleted goes to the trash.'),
    fields: [
      {
        name: 'what',
        label: trans.__('What'),
        options: [line, model],
        labels: [
          trans.__('The branch %1 of %2', branch, model),
          trans.__('The whole model %1', model),
        ],
        value: whole ? model : line,
      },
      { name: 'message', label: trans.__('Reason'), hint: trans.__('it did not help') },
    ],
    action: trans.__('Delete'),
    line: (answers) => magic('delete', subject(answers), ['-m', (answers.message ?? '').trim()]),
    remark: (answers) => preview(subject(answers)),
    submit: async (answers) =>
      done(
        await source.ask(
          'delete',
          withoutEmpty({ ref: subject(answers), message: (answers.message ?? '').trim() }),
        ),
      ),
    failed,
  };
}

/** What a deletion would do, in sentences, each on its line. */
export function deletionText(deletion: Deletion): string {
  const { isModel, versions, branches, branchCount, labels, labelCount, others, end } = deletion;
  const what = isModel
    ? trans._n(
        '%2 branch with %3 goes to the trash: %4.',
        '%2 branches with %3 go to the trash: %4.',
        branchCount,
        count(branchCount),
        countedVersions(versions),
        listed(branches, branchCount),
      )
    : trans.__('%1 of this branch go to the trash.', countedVersions(versions));
  const lines = [what, trans.__('It can be restored until %1.', dateTime(end))];
  if (labelCount) {
    const names = listed(labels, labelCount);
    lines.push(
      isModel
        ? trans.__('Its stages and releases are hidden until then: %1.', names)
        : trans.__('These labels stay, because a tag names their version: %1.', names),
    );
  }
  if (!isModel && others.length) {
    lines.push(trans.__('These branches stay: %1.', others.join(', ')));
  }
  lines.push(trans.__('A remote keeps it until a push deletes it there, too.'));
  return lines.join('\n');
}

function listed(names: readonly string[], total: number): string {
  const more = total - names.length;
  const text = names.join(', ');
  return more > 0 ? trans.__('%1 and %2 more', text, count(more)) : text;
}

/** The dialog over what is in the trash. */
export function restoreQuestion(
  { source, done, failed }: DialogContext,
  entries: readonly TrashEntry[],
): DialogOptions {
  const entryOf = ({ what = '' }: Answers): TrashEntry | undefined =>
    entries.find(({ ref }) => ref === what);
  const name = (answers: Answers): string =>
    entryOf(answers)?.isModel ? '' : (answers.branch ?? '').trim();
  return {
    title: trans.__('Restore from the trash'),
    about: trans.__('Brings a deleted branch or model back, with its versions and labels.'),
    fields: [
      {
        name: 'what',
        label: trans.__('What'),
        options: entries.map(({ ref }) => ref),
        labels: entries.map(({ ref, isModel }) =>
          isModel ? trans.__('The whole model %1', ref) : ref,
        ),
        value: entries[0]?.ref ?? '',
      },
      { name: 'branch', label: trans.__('Another name for the branch'), hint: 'old' },
    ],
    action: trans.__('Restore'),
    line: (answers) => magic('restore', answers.what ?? '', ['--branch', name(answers)]),
    remark: (answers) => entryText(entryOf(answers)),
    submit: async (answers) =>
      done(
        await source.ask(
          'restore',
          withoutEmpty({ ref: answers.what ?? '', branch: name(answers) }),
        ),
      ),
    failed,
  };
}

function entryText(entry: TrashEntry | undefined): string {
  if (!entry) {
    return '';
  }
  const { time, author, message, end, problem } = entry;
  if (problem) {
    return trans.__('It cannot be read: %1', problem);
  }
  const deleted = trans.__('Deleted %1 by %2.', dateTime(time), author);
  const why = message && message !== 'Deleted' ? ` ${message}` : '';
  return `${deleted}${why}\n${trans.__('Kept until %1.', dateTime(end))}`;
}
