import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Sharing } from '../../../src/view/data/answers';
import { RequestError } from '../../../src/view/data/source';
import { SharingBar } from '../../../src/view/table/sharingBar';
import { columnsOf } from '../../../src/view/table/columns';
import { registry, row, ScriptedSource, addDialogMethods } from '../fixtures';

const SHARING: Sharing = {
  remotes: ['origin'],
  remote: 'origin',
  ahead: 3,
  behind: 1,
  models: { churn: [3, 1] },
  trash: 0,
};
const RESULT = { text: 'Pushed to origin: 0.1 s', ref: '' };
const done = vi.fn();
const failed = vi.fn();
const changed = vi.fn();

beforeEach(() => {
  vi.clearAllMocks();
  addDialogMethods();
});
afterEach(() => document.body.replaceChildren());

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const VERBS = ['sharing', 'push', 'pull'] as const;

function bar(source: ScriptedSource): SharingBar {
  const made = new SharingBar({ source, done, failed, changed, host: () => document.body });
  document.body.replaceChildren(made.element);
  return made;
}

async function opened(source: ScriptedSource, key: string, more: Partial<Sharing> = {}) {
  const made = bar(source);
  await made.renew(registry(), { ...SHARING, ...more });
  made.element.querySelector<HTMLElement>(`[data-key=${key}]`)?.click();
  return document.querySelector('dialog') as HTMLDialogElement;
}

const submit = (dialog: HTMLDialogElement): unknown =>
  dialog.querySelector('form')?.requestSubmit();

describe('the part of the toolbar about the remote', () => {
  it('says how far the clone is away, and asks once', async () => {
    const source = new ScriptedSource({ sharing: () => SHARING }, VERBS);
    const made = bar(source);
    await made.renew(registry());
    await made.renew(registry());
    expect(made.element.hidden).toBe(false);
    expect(made.element.textContent).toContain('origin: 3 ahead, 1 behind');
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('is hidden without a remote, in a read-only registry, and where nothing can be pushed', async () => {
    const none = bar(new ScriptedSource({}, VERBS));
    await none.renew(registry(), { ...SHARING, remotes: [], remote: '' });
    expect(none.element.hidden).toBe(true);
    const source = new ScriptedSource({}, VERBS);
    const made = bar(source);
    await made.renew(registry({ readOnly: true }));
    await bar(new ScriptedSource({ sharing: () => SHARING }, ['sharing'])).renew(registry());
    expect([made.element.hidden, source.asked]).toEqual([true, []]);
  });
});

describe('a push', () => {
  it('says what travels, runs, and reports its result', async () => {
    const source = new ScriptedSource({}, VERBS);
    const dialog = await opened(source, 'push');
    expect(dialog.textContent).toContain('origin lacks 3 versions');
    expect(dialog.textContent).toContain('pull first');
    expect(dialog.querySelector('[name=prune]')).toBeNull();
    submit(dialog);
    expect(dialog.querySelector('.nbm-dialog-busy')?.textContent).toBe('Pushing …');
    const [asked] = source.of('push');
    expect(asked?.args).toEqual({});
    asked?.resolve(RESULT);
    await settled();
    expect(done).toHaveBeenCalledWith(RESULT);
    expect(dialog.isConnected).toBe(false);
  });

  it('names the remote and prunes if the user wants it', async () => {
    const source = new ScriptedSource({ push: () => RESULT }, VERBS);
    const two = { remotes: ['east', 'west'], remote: '', trash: 2 };
    const dialog = await opened(source, 'push', two);
    dialog.querySelector<HTMLSelectElement>('[name=remote]')!.value = 'west';
    dialog.querySelector<HTMLInputElement>('[name=prune]')!.checked = true;
    dialog.querySelector('form')?.dispatchEvent(new Event('input'));
    expect(dialog.querySelector('code')?.textContent).toBe('%model_push --remote west --prune');
    submit(dialog);
    await settled();
    expect(source.of('push')[0]?.args).toEqual({ remote: 'west', prune: true });
  });

  it('shows why it was refused; if the dialog was closed, the panel says it', async () => {
    const source = new ScriptedSource({}, VERBS);
    const dialog = await opened(source, 'push');
    submit(dialog);
    source.of('push')[0]?.reject(new RequestError('churn has versions there.', 'Pull, then push.'));
    await settled();
    expect(dialog.querySelector('[role=alert]')?.textContent).toContain('Pull, then push.');
    expect(failed).not.toHaveBeenCalled();
    submit(dialog);
    dialog.close();
    source.of('push')[1]?.reject(new RequestError('The host is gone.'));
    await settled();
    expect(failed).toHaveBeenCalledOnce();
  });
});

describe('a pull', () => {
  it('brings arrays of the versions that the user chooses', async () => {
    const source = new ScriptedSource({ pull: () => RESULT }, VERBS);
    const dialog = await opened(source, 'pull');
    dialog.querySelector<HTMLSelectElement>('[name=fetch]')!.value = 'stages';
    submit(dialog);
    await settled();
    expect(source.of('pull')[0]?.args).toEqual({ fetch: 'stages' });
  });
});

describe('the column of the remote', () => {
  const context = { registry: registry(), page: null, healths: null };
  const column = (sharing: Sharing | null, every = false) =>
    columnsOf({ ...context, every, sharing }).find(({ key }) => key === 'remote');

  it('says of each model how far it is away', () => {
    expect(column(SHARING)?.cell(row('churn', 3))).toBe('3 ahead, 1 behind');
    expect(column(SHARING)?.cell(row('price', 1))).toBe('');
    expect(column({ ...SHARING, models: {} })?.shown).toBe(false);
    expect(column(SHARING, true)).toBeUndefined();
    expect(column({ ...SHARING, remote: '' })).toBeUndefined();
  });
});
