/** The actions on a version: buttons, and the dialogs that they open. */

import { openDialog, type Field, type DialogOptions } from '../ui/dialog';
import { h, icon, type IconName } from '../ui/dom';
import { magic } from '../data/format';
import {
  approveQuestion,
  promoteQuestion,
  releaseQuestion,
  rollbackQuestion,
  withoutEmpty,
} from '../ui/questions';
import { mergeQuestion } from '../ui/mergeQuestion';
import { deleteQuestion } from '../ui/trashQuestions';
import type { ActionResult, Registry, Version } from '../data/answers';
import type { RequestError, Source, Verb } from '../data/source';
import { trans } from '../translation';
import { toRequestError } from './unreadable';

export interface ActionContext {
  source: Source;
  registry: Registry;
  version: Version;
  /** The element that holds dialogs. */
  host: HTMLElement;
  done(result: ActionResult): void;
  /** Report an error that no dialog shows. */
  failed(error: RequestError): void;
}

interface Action {
  verb: Verb;
  label(): string;
  icon: IconName;
  /** Whether it writes into the registry. */
  writes: boolean;
  fits(version: Version): boolean;
  ask(context: ActionContext): DialogOptions | Promise<DialogOptions>;
}

const ACTIONS: readonly Action[] = [
  {
    verb: 'checkout',
    label: () => trans.__('Check out'),
    icon: 'download',
    writes: false,
    fits: () => true,
    ask: checkout,
  },
  {
    verb: 'release',
    label: () => trans.__('Release'),
    icon: 'tag',
    writes: true,
    fits: () => true,
    ask: (context) => releaseQuestion(context, context.version.row.ref),
  },
  {
    verb: 'promote',
    label: () => trans.__('Promote'),
    icon: 'promote',
    writes: true,
    fits: () => true,
    ask: (context) => promoteQuestion(context, context.version.row.ref, context.registry.stages),
  },
  {
    verb: 'rollback',
    label: () => trans.__('Roll back'),
    icon: 'rollback',
    writes: true,
    fits: ({ row }) => row.stages.length > 0,
    ask: (context) =>
      rollbackQuestion(context, context.version.row.model, context.version.row.stages),
  },
  {
    verb: 'approve',
    label: () => trans.__('Approve'),
    icon: 'check',
    writes: true,
    fits: () => true,
    ask: (context) => approveQuestion(context, context.version.row.ref),
  },
  {
    verb: 'merge',
    label: () => trans.__('Merge'),
    icon: 'merge',
    writes: true,
    fits: ({ row }) => row.branch !== 'main',
    ask: (context) => mergeQuestion(context, context.version.row.model, context.version.row.branch),
  },
  {
    verb: 'delete',
    label: () => trans.__('Delete'),
    icon: 'trash',
    writes: true,
    fits: () => true,
    ask: (context) =>
      deleteQuestion(context, context.version.row.model, context.version.row.branch),
  },
];

/** Buttons for the actions that this source supports. */
export function actionButtons(context: ActionContext): HTMLElement {
  const { source, registry, version } = context;
  const here = ACTIONS.filter(
    ({ verb, writes, fits }) => source.can(verb) && !(writes && registry.readOnly) && fits(version),
  );
  return h(
    'div',
    {
      class: 'nbm-actions',
      role: 'group',
      'aria-label': trans.__('Actions on %1', version.row.ref),
    },
    here.map((action) =>
      h(
        'button',
        {
          type: 'button',
          class: 'nbm-button',
          'data-key': action.verb,
          onclick: (event: MouseEvent) =>
            void openAction(action, context, event.currentTarget as HTMLButtonElement),
        },
        icon(action.icon),
        action.label(),
      ),
    ),
  );
}

/** Open the dialog of an action, once what it offers is known; a second click meanwhile does nothing. */
async function openAction(
  action: Action,
  context: ActionContext,
  button: HTMLButtonElement,
): Promise<void> {
  if (button.ariaBusy) {
    return;
  }
  button.ariaBusy = 'true'; // `disabled` would take the focus, to which the dialog returns
  try {
    const question = action.ask(context);
    openDialog(context.host, question instanceof Promise ? await question : question);
  } catch (error) {
    context.failed(toRequestError(error));
  } finally {
    button.ariaBusy = null;
  }
}

function checkout({ source, version, done }: ActionContext): DialogOptions {
  const { ref } = version.row;
  const trust: Field = {
    name: 'trust',
    label: trans.__('Trust it: its author may run any code on this machine'),
    tick: true,
  };
  return {
    title: trans.__('Check out %1', ref),
    about: version.committedLocally
      ? trans.__('Loads the object into a variable of this kernel.')
      : trans.__(
          'Loads the object into a variable of this kernel. Another person made it, so it loads only if it passes the trust check, or if you trust it.',
        ),
    fields: [
      {
        name: 'variable',
        label: trans.__('Variable'),
        hint: trans.__('the variable it was committed from'),
      },
      ...(version.committedLocally ? [] : [trust]),
    ],
    action: trans.__('Check out'),
    line: ({ variable = '', trust: trusted }) =>
      magic('checkout', ref, ['--as', variable.trim()], trusted ? '--trust' : ''),
    submit: async ({ variable = '', trust: trusted }) =>
      done(
        await source.ask(
          'checkout',
          withoutEmpty({ ref, variable: variable.trim(), trust: !!trusted }),
        ),
      ),
  };
}
