import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { actionButtons } from '../../../src/view/tabs/actions';
import { HOSTILE, registry, row, ScriptedSource, version, addDialogMethods } from '../fixtures';
import type { Registry, Version } from '../../../src/view/data/answers';
import { RequestError } from '../../../src/view/data/source';

const done = vi.fn();
const failed = vi.fn();

beforeEach(() => {
  done.mockClear();
  addDialogMethods();
});
afterEach(() => document.body.replaceChildren());

const CHURN = version(row('churn', 3, { stages: ['prod'] }));

function buttons(
  source: ScriptedSource,
  more: { registry?: Registry; version?: Version } = {},
): HTMLElement {
  const element = actionButtons({
    source,
    registry: registry(),
    version: CHURN,
    host: document.body,
    done,
    failed,
    ...more,
  });
  document.body.replaceChildren(element);
  return element;
}

function open(
  source: ScriptedSource,
  verb: string,
  more: { version?: Version } = {},
): HTMLDialogElement {
  buttons(source, more).querySelector<HTMLElement>(`[data-key=${verb}]`)?.click();
  return document.querySelector('dialog') as HTMLDialogElement;
}

function write(dialog: HTMLDialogElement, name: string, value: string): void {
  const field = dialog.querySelector<HTMLInputElement>(`[name=${name}]`) as HTMLInputElement;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

const submit = (dialog: HTMLDialogElement): unknown =>
  dialog.querySelector('form')?.requestSubmit();
const line = (dialog: HTMLDialogElement): string =>
  dialog.querySelector('.nbm-dialog-line code')?.textContent ?? '';
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('buttons', () => {
  const names = (element: HTMLElement): string[] =>
    [...element.querySelectorAll('button')].map((button) => button.textContent ?? '');

  it('are those that the source and the registry support', () => {
    expect(names(buttons(new ScriptedSource({})))).toEqual([
      'Check out',
      'Release',
      'Promote',
      'Roll back',
    ]);
    expect(
      names(buttons(new ScriptedSource({}), { registry: registry({ readOnly: true }) })),
    ).toEqual(['Check out']);
    expect(names(buttons(new ScriptedSource({}, [])))).toEqual([]);
  });

  it('include a rollback only for a version with a stage', () => {
    const plain = version(row('churn', 2));
    expect(names(buttons(new ScriptedSource({}), { version: plain }))).not.toContain('Roll back');
  });
});

describe('dialogs', () => {
  it('show the equivalent command and run the action', async () => {
    const source = new ScriptedSource({
      promote: () => ({ text: 'churn@3 is prod.', ref: 'churn@3' }),
    });
    const dialog = open(source, 'promote');
    expect(dialog.open).toBe(true);
    expect(document.activeElement).toBe(dialog.querySelector('[name=stage]'));
    write(dialog, 'stage', 'prod');
    write(dialog, 'message', 'passed "the" review');
    expect(line(dialog)).toBe('%model_promote churn@3 prod -m "passed \\"the\\" review"');
    submit(dialog);
    await settled();
    expect(source.of('promote')[0]?.args).toEqual({
      ref: 'churn@3',
      stage: 'prod',
      message: 'passed "the" review',
    });
    expect(done).toHaveBeenCalledExactlyOnceWith({ text: 'churn@3 is prod.', ref: 'churn@3' });
    expect(document.querySelector('dialog')).toBeNull();
  });

  it('say that a stage is new before it is made', async () => {
    const source = new ScriptedSource({
      promote: () => ({ text: 'churn@3 is prodd.', ref: 'churn@3' }),
    });
    const dialog = open(source, 'promote');
    const remark = (): string => dialog.querySelector('.nbm-dialog-remark')?.textContent ?? '';
    write(dialog, 'stage', 'prod');
    expect(remark()).toBe('');
    write(dialog, 'stage', 'prodd');
    expect(remark()).toMatch(/^prodd is a new stage: no version holds it\. The stages are .*prod/);
    expect(line(dialog)).toBe('%model_promote churn@3 prodd --new-stage');
    submit(dialog);
    await settled();
    expect(source.of('promote')[0]?.args).toMatchObject({ stage: 'prodd', new: true });
  });

  it('ask for the reason of a rollback', async () => {
    const source = new ScriptedSource({ rollback: () => ({ text: 'done', ref: 'churn@2' }) });
    const dialog = open(source, 'rollback');
    submit(dialog);
    await settled();
    expect(source.of('rollback')).toHaveLength(0);
    expect(dialog.querySelector('[role=alert]')?.textContent).toContain('Reason is missing');
    write(dialog, 'message', 'off');
    expect(line(dialog)).toBe('%model_rollback churn@prod -m off');
    submit(dialog);
    await settled();
    expect(source.of('rollback')[0]?.args).toEqual({ ref: 'churn@prod', message: 'off' });
  });

  it('stay open with the error and the next step when the registry refuses', async () => {
    const source = new ScriptedSource({
      release: () => {
        throw new RequestError(HOSTILE, 'Take another number.');
      },
    });
    const dialog = open(source, 'release');
    expect(line(dialog)).toBe('%model_release churn@3 --bump minor');
    submit(dialog);
    await settled();
    expect(dialog.isConnected).toBe(true);
    expect(dialog.querySelector('[role=alert]')?.textContent).toBe(
      `${HOSTILE}Take another number.`,
    );
    expect(dialog.querySelector('img')).toBeNull();
    expect(done).not.toHaveBeenCalled();
  });

  it('an exact number overrides the part to raise', async () => {
    const source = new ScriptedSource({ release: () => ({ text: '', ref: '' }) });
    const dialog = open(source, 'release');
    write(dialog, 'version', 'v2.0.0');
    expect(line(dialog)).toBe('%model_release churn@3 --version v2.0.0');
    submit(dialog);
    await settled();
    expect(source.of('release')[0]?.args).toEqual({ ref: 'churn@3', version: 'v2.0.0' });
  });

  it('ask for trust only for versions of other people', () => {
    const source = new ScriptedSource({});
    expect(open(source, 'checkout').querySelector('[name=trust]')).toBeNull();
    const dialog = open(source, 'checkout', { version: { ...CHURN, committedLocally: false } });
    dialog.querySelector<HTMLInputElement>('[name=trust]')?.click();
    write(dialog, 'variable', 'old');
    expect(line(dialog)).toBe('%model_checkout churn@3 --as old --trust');
  });
});
