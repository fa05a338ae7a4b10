/** What the commands ask before they do something. */

import type { Answers, Question } from '../view/dialog';
import { magic } from '../view/format';
import { Refusal, type Done, type Source } from '../view/source';
import type { KernelModel } from './kernel';
import type { Chosen } from './tokens';

type Did = (done: Done) => void;

const STAGES = ['dev', 'staging', 'prod'];

export function promoteQuestion(
  source: Source,
  { row }: Chosen,
  stages: readonly string[],
  did: Did,
): Question {
  return {
    title: `Promote ${row.ref}`,
    about: 'The stage points at this version from now on; its history is kept.',
    fields: [
      { name: 'stage', label: 'Stage', required: true, options: named(stages), free: true },
      { name: 'message', label: 'Reason', required: true, hint: 'passed review' },
    ],
    action: 'Promote',
    line: (a) => magic('promote', row.ref, a.stage ?? '', ['-m', a.message ?? '']),
    submit: async (a) =>
      did(await source.ask('promote', { ref: row.ref, ...words(a, 'stage', 'message') })),
  };
}

export function rollbackQuestion(source: Source, { model }: Chosen, did: Did): Question {
  const stages = [...new Set(model.stages.map(([stage]) => stage))];
  if (!stages.length) {
    throw new Refusal(`${model.name} holds no stage.`, 'Promote one of its versions first.');
  }
  const ref = (a: Answers): string => `${model.name}#${a.stage}`;
  return {
    title: `Roll ${model.name} back`,
    about: 'The stage goes back to the version that held it before.',
    fields: [
      { name: 'stage', label: 'Stage', required: true, options: stages, value: stages[0] },
      { name: 'message', label: 'Reason', required: true, hint: 'calibration is off' },
    ],
    action: 'Roll back',
    line: (a) => magic('rollback', ref(a), ['-m', a.message ?? '']),
    submit: async (a) => did(await source.ask('rollback', { ref: ref(a), ...words(a, 'message') })),
  };
}

export function releaseQuestion(source: Source, { row }: Chosen, did: Did): Question {
  const bumps = ['minor', 'patch', 'major'];
  const chosen = (a: Answers) => words(a, a.version ? 'version' : 'bump', 'message');
  return {
    title: `Release ${row.ref}`,
    about: 'The version gets a number by which others can name it for good.',
    fields: [
      { name: 'bump', label: 'Part to raise', options: bumps, value: bumps[0] },
      { name: 'version', label: 'Or the number itself', hint: 'v1.2.0' },
      { name: 'message', label: 'Reason', hint: 'first one in production' },
    ],
    action: 'Release',
    line: (a) => {
      const { version = '', bump = '' } = a;
      const number = version ? ['--version', version] : ['--bump', bump];
      return magic('release', row.ref, number, ['-m', a.message ?? '']);
    },
    submit: async (a) => did(await source.ask('release', { ref: row.ref, ...chosen(a) })),
  };
}

export interface Commit {
  variable: string;
  message: string;
  name: string;
}

/** Which of the kernel's models, under which name; `commit` rejects with a `Refusal`. */
export function commitQuestion(
  models: readonly KernelModel[],
  commit: (wanted: Commit) => Promise<void>,
): Question {
  const rank = { changed: 0, new: 1, committed: 2 };
  const sorted = [...models].sort((a, b) => rank[a.state] - rank[b.state]);
  const labels = new Map(sorted.map((model) => [described(model), model]));
  const wanted = (a: Answers): Commit => ({
    variable: labels.get(a.variable ?? '')?.variable ?? '',
    message: a.message ?? '',
    name: (a.name ?? '').trim(),
  });
  return {
    title: 'Commit a model',
    about: 'The object becomes the next version of its model.',
    fields: [
      { name: 'variable', label: 'Variable', required: true, options: [...labels.keys()] },
      { name: 'message', label: 'Message', hint: 'what is new about it' },
      { name: 'name', label: 'Model', hint: "as before, else the variable's name" },
    ],
    action: 'Commit',
    line: (a) => {
      const { variable, message, name } = wanted(a);
      return magic('commit', variable, ['-m', message], ['--name', name]);
    },
    submit: (a) => commit(wanted(a)),
  };
}

const STATES: Record<KernelModel['state'], (model: KernelModel) => string> = {
  new: () => 'new',
  changed: (model) => `changed since ${model.ref}`,
  committed: (model) => `is ${model.ref}`,
};

/** A model of the kernel in a line. */
export function described(model: KernelModel): string {
  const type = model.type.split('.').at(-1) ?? '';
  return `${model.variable} · ${type} · ${STATES[model.state](model)}`;
}

/** What is to be said of a kernel without models. */
export const NO_MODELS = new Refusal(
  'The kernel holds no fitted model.',
  'Fit one in a cell, then try again.',
  'kernel',
);

function named(stages: readonly string[]): string[] {
  return [...new Set([...stages, ...STAGES])];
}

function words<K extends string>(answers: Answers, ...names: readonly K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, answers[name] ?? ''])) as Record<K, string>;
}
