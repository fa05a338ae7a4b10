/** The dialogs that push to a remote and pull from it, and the words for a distance. */

import type { Answers, DialogOptions, Field } from './dialog';
import { withoutEmpty, type DialogContext } from './questions';
import { count, magic } from '../data/format';
import type { Sharing } from '../data/answers';
import { trans } from '../translation';

/** `3 ahead, 1 behind`; empty if there is no difference. */
export function distanceText(ahead: number, behind: number): string {
  return [
    ahead > 0 && trans.__('%1 ahead', count(ahead)),
    behind > 0 && trans.__('%1 behind', count(behind)),
  ]
    .filter(Boolean)
    .join(', ');
}

/** `origin: 3 ahead, 1 behind`. */
export function remoteText({ remote, ahead, behind }: Sharing): string {
  const distance = distanceText(ahead, behind) || trans.__('nothing to push');
  return remote ? trans.__('%1: %2', remote, distance) : '';
}

/** When the numbers of a distance were true. */
export function distanceHint(remote: string): string {
  return trans.__('Compared with %1 as of the last push or pull', remote);
}

export function pushQuestion(
  { source, done, failed }: DialogContext,
  sharing: Sharing,
): DialogOptions {
  const { trash } = sharing;
  return {
    title: titled(sharing, (remote) => trans.__('Push to %1', remote), trans.__('Push')),
    about: trans.__(
      'Sends what the remote lacks, of all models: first the arrays, then versions, releases, stages, notes and rules, all at once. Others see a version only when all of it is there.',
    ),
    fields: [
      ...remoteField(sharing),
      ...(trash > 0
        ? [
            {
              name: 'prune',
              label: trans.__('Also delete there the branches that are in the trash here'),
              tick: true,
            },
          ]
        : []),
    ],
    action: trans.__('Push'),
    busy: trans.__('Pushing …'),
    line: ({ remote = '', prune }) => magic('push', ['--remote', remote], prune ? '--prune' : ''),
    remark: (answers) => (isDefault(sharing, answers) ? pushRemark(sharing) : ''),
    submit: async ({ remote = '', prune }) =>
      done(await source.ask('push', withoutEmpty({ remote, prune: !!prune }))),
    failed,
  };
}

function pushRemark({ remote, ahead, behind }: Sharing): string {
  const lacking = trans._n(
    '%3 lacks %2 version, as of the last push or pull.',
    '%3 lacks %2 versions, as of the last push or pull.',
    ahead,
    count(ahead),
    remote,
  );
  const first = ahead
    ? lacking
    : trans.__(
        '%1 had all versions at the last push or pull. Labels and notes may be new.',
        remote,
      );
  const rest = trans._n(
    '%2 version there is not here. If it belongs to a branch with new versions here, pull first.',
    '%2 versions there are not here. If they belong to a branch with new versions here, pull first.',
    behind,
    count(behind),
  );
  return behind ? `${first} ${rest}` : first;
}

export function pullQuestion(
  { source, done, failed }: DialogContext,
  sharing: Sharing,
): DialogOptions {
  return {
    title: titled(sharing, (remote) => trans.__('Pull from %1', remote), trans.__('Pull')),
    about: trans.__(
      'Takes over versions, releases, stages, notes and rules of all models. Nothing here is rewritten: if both have new versions of a branch, yours become another branch.',
    ),
    fields: [
      ...remoteField(sharing),
      {
        name: 'fetch',
        label: trans.__('Arrays'),
        options: ['', 'stages', 'all'],
        labels: [
          trans.__('When a checkout needs them'),
          trans.__('Now: of versions that hold a stage'),
          trans.__('Now: of all versions'),
        ],
      },
    ],
    action: trans.__('Pull'),
    busy: trans.__('Pulling …'),
    line: ({ remote = '', fetch = '' }) => magic('pull', ['--remote', remote], ['--fetch', fetch]),
    submit: async ({ remote = '', fetch = '' }) =>
      done(await source.ask('pull', withoutEmpty({ remote, fetch }))),
    failed,
  };
}

function titled(
  { remote, remotes }: Sharing,
  title: (remote: string) => string,
  otherwise: string,
): string {
  return remotes.length === 1 ? title(remote) : otherwise;
}

function remoteField({ remote, remotes }: Sharing): Field[] {
  return remotes.length > 1
    ? [{ name: 'remote', label: trans.__('Remote'), options: remotes, value: remote }]
    : [];
}

function isDefault({ remote }: Sharing, answers: Answers): boolean {
  return remote !== '' && (answers.remote ?? remote) === remote;
}
