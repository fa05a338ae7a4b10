/** The dialogs that release, promote or roll back a version. */

import type { Answers, Field, DialogOptions } from './dialog';
import { magic } from '../data/format';
import { stageReference } from '../data/references';
import type { ActionResult } from '../data/answers';
import type { RequestError, Source } from '../data/source';
import { trans } from '../translation';

/** The source that runs an action, and the callback for its result. */
export interface DialogContext {
  source: Source;
  done(result: ActionResult): void;
  /** Report the error of an action whose dialog was closed. */
  failed?(error: RequestError): void;
}

const USUAL_STAGES = ['dev', 'staging', 'prod'];
const reason = (): Field => ({
  name: 'message',
  label: trans.__('Reason'),
  hint: trans.__('passed review'),
});

export function releaseQuestion({ source, done }: DialogContext, ref: string): DialogOptions {
  return {
    title: trans.__('Release %1', ref),
    about: trans.__(
      'Gives this version the next release number of its model, stored as a git tag.',
    ),
    fields: [
      {
        name: 'bump',
        label: trans.__('Part of the number to raise'),
        options: ['minor', 'patch', 'major'],
        value: 'minor',
      },
      { name: 'version', label: trans.__('Or an exact number'), hint: 'v1.2.0' },
      reason(),
    ],
    action: trans.__('Release'),
    line: (answers) => {
      const { bump = '', version = '', message = '' } = releaseOf(answers);
      return magic('release', ref, ['--bump', bump], ['--version', version], ['-m', message]);
    },
    submit: async (answers) =>
      done(await source.ask('release', withoutEmpty({ ref, ...releaseOf(answers) }))),
  };
}

/** An exact version overrides the part to raise. */
function releaseOf(answers: Answers): { bump?: string; version?: string; message?: string } {
  const exact = word(answers, 'version');
  const message = word(answers, 'message');
  return exact ? { version: exact, message } : { bump: word(answers, 'bump'), message };
}

/** `stages` are the stages of the registry. */
export function promoteQuestion(
  { source, done }: DialogContext,
  ref: string,
  stages: readonly string[],
): DialogOptions {
  // The first stage of a registry is not compared with others.
  const isNew = (answers: Answers): boolean => {
    const stage = word(answers, 'stage');
    return stage !== '' && stages.length > 0 && !stages.includes(stage);
  };
  return {
    title: trans.__('Promote %1', ref),
    about: trans.__(
      'This version gets the stage, and the version that held it loses it. The history records who did it, when and why.',
    ),
    fields: [
      {
        name: 'stage',
        label: trans.__('Stage'),
        options: [...new Set([...USUAL_STAGES, ...stages])],
        free: true,
        required: true,
        hint: 'prod',
      },
      reason(),
    ],
    action: trans.__('Promote'),
    line: (answers) =>
      magic(
        'promote',
        ref,
        word(answers, 'stage') || 'STAGE',
        ['-m', word(answers, 'message')],
        isNew(answers) ? '--new-stage' : '',
      ),
    remark: (answers) =>
      isNew(answers)
        ? trans.__(
            '%1 is a new stage: no version holds it. The stages are %2.',
            word(answers, 'stage'),
            stages.join(', '),
          )
        : '',
    submit: async (answers) =>
      done(
        await source.ask('promote', {
          ref,
          stage: word(answers, 'stage'),
          message: word(answers, 'message'),
          ...(isNew(answers) ? { new: true } : {}),
        }),
      ),
  };
}

/** `stages` are the stages that versions of the model hold. */
export function rollbackQuestion(
  { source, done }: DialogContext,
  model: string,
  stages: readonly string[],
): DialogOptions {
  const reference = (answers: Answers): string => stageReference(model, word(answers, 'stage'));
  return {
    title: trans.__('Roll back %1', model),
    about: trans.__('Gives the stage back to the version that held it before. Nothing is deleted.'),
    fields: [
      { name: 'stage', label: trans.__('Stage'), options: stages, value: stages[0] ?? '' },
      { ...reason(), required: true, hint: trans.__('calibration is off on new data') },
    ],
    action: trans.__('Roll back'),
    line: (answers) => magic('rollback', reference(answers), ['-m', word(answers, 'message')]),
    submit: async (answers) =>
      done(
        await source.ask('rollback', {
          ref: reference(answers),
          message: word(answers, 'message'),
        }),
      ),
  };
}

export function approveQuestion(
  { source, done, failed }: DialogContext,
  ref: string,
): DialogOptions {
  const words = (answers: Answers): string => word(answers, 'message');
  return {
    title: trans.__('Approve %1', ref),
    about: trans.__(
      'Says that you stand behind this version. Your SSH key signs its commit and your words. An approval cannot be taken back.',
    ),
    fields: [{ ...reason(), required: true, hint: trans.__('validated on Q3') }],
    action: trans.__('Approve'),
    line: (answers) => magic('approve', ref, ['-m', words(answers)]),
    submit: async (answers) => done(await source.ask('approve', { ref, message: words(answers) })),
    failed,
  };
}

/** The arguments without the empty ones. */
export function withoutEmpty<T extends object>(args: T): T {
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== '' && value !== false),
  ) as T;
}

function word(answers: Answers, name: string): string {
  return (answers[name] ?? '').trim();
}
