/** What can be done with a version: buttons, and the questions they ask first. */

import { askFirst, type Answers, type Field, type Question } from './dialog';
import { h, icon, type IconName } from './dom';
import { magic } from './format';
import type { Done, Registry, Source, Verb, Version } from './source';

export interface ActionContext {
  source: Source;
  registry: Registry;
  version: Version;
  /** Where dialogs live. */
  host: HTMLElement;
  done(done: Done): void;
}

interface Action {
  verb: Verb;
  label: string;
  icon: IconName;
  /** Whether it writes into the registry. */
  writes: boolean;
  fits(version: Version): boolean;
  ask(context: ActionContext): Question;
}

const USUAL_STAGES = ['dev', 'staging', 'prod'];
const WHY: Field = { name: 'message', label: 'Reason', hint: 'passed review' };

const ACTIONS: readonly Action[] = [
  {
    verb: 'checkout',
    label: 'Check out',
    icon: 'download',
    writes: false,
    fits: () => true,
    ask: checkout,
  },
  { verb: 'release', label: 'Release', icon: 'tag', writes: true, fits: () => true, ask: release },
  {
    verb: 'promote',
    label: 'Promote',
    icon: 'promote',
    writes: true,
    fits: () => true,
    ask: promote,
  },
  {
    verb: 'rollback',
    label: 'Roll back',
    icon: 'rollback',
    writes: true,
    fits: ({ row }) => row.stages.length > 0,
    ask: rollback,
  },
];

/** Buttons for what this source can do with this version. */
export function actionButtons(context: ActionContext): HTMLElement {
  const { source, registry, version, host } = context;
  const here = ACTIONS.filter(
    ({ verb, writes, fits }) => source.can(verb) && !(writes && registry.readOnly) && fits(version),
  );
  return h(
    'div',
    { class: 'nbm-actions', role: 'group', 'aria-label': `Actions on ${version.row.ref}` },
    here.map((action) =>
      h(
        'button',
        {
          type: 'button',
          class: 'nbm-button',
          'data-key': action.verb,
          onclick: () => askFirst(host, action.ask(context)),
        },
        icon(action.icon),
        action.label,
      ),
    ),
  );
}

function checkout({ source, version, done }: ActionContext): Question {
  const { ref } = version.row;
  const trust: Field = {
    name: 'trust',
    label: 'Trust it: whoever made it may run any code here',
    tick: true,
  };
  return {
    title: `Check out ${ref}`,
    about: version.own
      ? 'Loads the object into a variable of this kernel.'
      : 'Loads the object into a variable of this kernel. Somebody else made it: it loads only if it is made of known parts, or if you trust it.',
    fields: [
      { name: 'variable', label: 'Variable', hint: 'the one it was committed from' },
      ...(version.own ? [] : [trust]),
    ],
    action: 'Check out',
    line: ({ variable = '', trust: trusted }) =>
      magic('checkout', ref, ['--as', variable.trim()], trusted ? '--trust' : ''),
    submit: async ({ variable = '', trust: trusted }) =>
      done(
        await source.ask('checkout', given({ ref, variable: variable.trim(), trust: !!trusted })),
      ),
  };
}

function release({ source, version, done }: ActionContext): Question {
  const { ref } = version.row;
  return {
    title: `Release ${ref}`,
    about: 'Gives it the next version number of its model, as a git tag.',
    fields: [
      {
        name: 'bump',
        label: 'Part to raise',
        options: ['minor', 'patch', 'major'],
        value: 'minor',
      },
      { name: 'version', label: 'Or the number itself', hint: 'v1.2.0' },
      WHY,
    ],
    action: 'Release',
    line: (answers) => {
      const { bump = '', version: exact = '', message = '' } = releaseOf(answers);
      return magic('release', ref, ['--bump', bump], ['--version', exact], ['-m', message]);
    },
    submit: async (answers) =>
      done(await source.ask('release', given({ ref, ...releaseOf(answers) }))),
  };
}

/** An exact number overrides the part to raise. */
function releaseOf(answers: Answers): { bump?: string; version?: string; message?: string } {
  const exact = (answers['version'] ?? '').trim();
  const message = (answers['message'] ?? '').trim();
  return exact ? { version: exact, message } : { bump: answers['bump'] ?? '', message };
}

function promote({ source, registry, version, done }: ActionContext): Question {
  const { ref } = version.row;
  return {
    title: `Promote ${ref}`,
    about:
      'Gives it a stage; whichever version held the stage gives it up. Who, when and why are kept.',
    fields: [
      {
        name: 'stage',
        label: 'Stage',
        options: [...new Set([...USUAL_STAGES, ...registry.stages])],
        free: true,
        required: true,
        hint: 'prod',
      },
      WHY,
    ],
    action: 'Promote',
    line: ({ stage = '', message = '' }) =>
      magic('promote', ref, stage.trim() || 'STAGE', ['-m', message.trim()]),
    submit: async ({ stage = '', message = '' }) =>
      done(await source.ask('promote', { ref, stage: stage.trim(), message: message.trim() })),
  };
}

function rollback({ source, version, done }: ActionContext): Question {
  const { model, stages } = version.row;
  const reference = (stage = ''): string => `${model}#${stage}`;
  return {
    title: `Roll back ${model}`,
    about: 'Gives the stage back to the version that held it before. Nothing is deleted.',
    fields: [
      { name: 'stage', label: 'Stage', options: stages, value: stages[0] ?? '' },
      { ...WHY, required: true, hint: 'calibration is off on new data' },
    ],
    action: 'Roll back',
    line: ({ stage, message = '' }) => magic('rollback', reference(stage), ['-m', message.trim()]),
    submit: async ({ stage, message = '' }) =>
      done(await source.ask('rollback', { ref: reference(stage), message: message.trim() })),
  };
}

/** The arguments that say something. */
function given<T extends object>(args: T): T {
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== '' && value !== false),
  ) as T;
}
