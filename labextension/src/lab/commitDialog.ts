/** The dialog that commits a variable of the kernel. */

import type { Answers, DialogOptions } from '../view/ui/dialog';
import { magic } from '../view/data/format';
import { RequestError } from '../view/data/source';
import { number } from '../view/data/numbers';
import { commitCode, type KernelModel, type KernelStatus } from './kernel';
import { trans } from './translation';

export interface CommitOptions {
  variable: string;
  message: string;
  name: string;
  metrics: ReadonlyArray<readonly [string, number]>;
  /** The variable with the training data; empty if there is none. */
  data: string;
}

/** The code that commits what the user has chosen. */
export function codeOf({ variable, message, name, metrics, data }: CommitOptions): string {
  return commitCode(variable, message, name, metrics, data);
}

/** Choose one of the kernel's models and its name; `commit` rejects with a `RequestError`. */
export function commitDialog(
  { models, metrics, data }: KernelStatus,
  commit: (options: CommitOptions) => Promise<void>,
): DialogOptions {
  const rank = { changed: 0, new: 1, committed: 2 };
  const sorted = [...models].sort((a, b) => rank[a.state] - rank[b.state]);
  const labels = new Map(sorted.map((model) => [describeModel(model), model]));
  const optionsOf = (a: Answers): CommitOptions => ({
    variable: labels.get(a.variable ?? '')?.variable ?? '',
    message: a.message ?? '',
    name: (a.name ?? '').trim(),
    metrics: Object.entries(metrics).filter(([each]) => a[`metric ${each}`] === 'yes'),
    data: data.includes(a.data ?? '') ? (a.data ?? '') : '',
  });
  return {
    title: trans.__('Commit a model'),
    about: trans.__('The object becomes the next version of its model.'),
    fields: [
      {
        name: 'variable',
        label: trans.__('Variable'),
        required: true,
        options: [...labels.keys()],
      },
      { name: 'message', label: trans.__('Message'), hint: trans.__('what is new about it') },
      {
        name: 'name',
        label: trans.__('Model'),
        hint: trans.__('the previous name, or the name of the variable'),
      },
      ...(data.length
        ? [{ name: 'data', label: trans.__('Data'), options: [trans.__('none'), ...data] }]
        : []),
      ...Object.entries(metrics).map(([each, value]) => ({
        name: `metric ${each}`,
        label: trans.__('Metric %1 = %2', each, number(value)),
        tick: true,
      })),
    ],
    action: trans.__('Commit'),
    line: (a) => {
      const { variable, message, name, metrics: metricPairs, data: table } = optionsOf(a);
      const values = metricPairs.map(([each]) => ['--metric', `${each}={${each}}`]);
      return magic('commit', variable, ['-m', message], ['--name', name], ...values, [
        '--data',
        table,
      ]);
    },
    submit: (a) => commit(optionsOf(a)),
  };
}

const STATES: Record<KernelModel['state'], (model: KernelModel) => string> = {
  new: () => trans.__('new'),
  changed: (model) => trans.__('changed since %1', model.ref),
  committed: (model) => trans.__('is %1', model.ref),
};

/** Describe a model of the kernel in one line. */
export function describeModel(model: KernelModel): string {
  const type = model.type.split('.').at(-1) ?? '';
  return `${model.variable} · ${type} · ${STATES[model.state](model)}`;
}

/** The error of a kernel without models. */
export function noModels(): RequestError {
  return new RequestError(
    trans.__('The kernel holds no fitted model.'),
    trans.__('Fit one in a cell, then try again.'),
    'kernel',
  );
}
