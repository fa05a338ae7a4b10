import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { actionButtons } from '../../../src/view/tabs/actions';
import { RequestError } from '../../../src/view/data/source';
import { registry, row, ScriptedSource, version } from '../fixtures';

const EXP = version(row('churn', 3, { ref: 'churn:exp@3', branch: 'exp' }));
const done = vi.fn();
const failed = vi.fn();

beforeEach(() => {
  done.mockClear();
  failed.mockClear();
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
});
afterEach(() => document.body.replaceChildren());

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function buttonsOf(source: ScriptedSource, shown = EXP): HTMLElement {
  const context = { source, version: shown, host: document.body, done, failed };
  return actionButtons({ ...context, registry: registry() });
}

async function press(source: ScriptedSource): Promise<HTMLDialogElement> {
  buttonsOf(source).querySelector<HTMLElement>('[data-key=merge]')!.click();
  await settled();
  return document.querySelector('dialog')!;
}

function write(dialog: HTMLDialogElement, name: string, value: string): void {
  const field = dialog.querySelector<HTMLInputElement>(`[name=${name}]`)!;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

describe('a merge', () => {
  const merging = () => ({ branches: ['exp', 'eu', 'main'], methods: ['average', 'vote'] });
  const result = { text: 'churn@5', ref: 'churn@5' };

  it('goes into the main line unless another branch is chosen', async () => {
    const source = new ScriptedSource({ merging, merge: () => result }, ['merge']);
    const dialog = await press(source);
    const options = [...dialog.querySelectorAll('[name=into] option')].map((o) => o.textContent);
    expect(options).toEqual(['churn:eu', 'churn']);
    const line = (): string => dialog.querySelector('.nbm-dialog-line code')!.textContent ?? '';
    expect(line()).toBe('%model_merge churn:exp --into churn --how average');
    write(dialog, 'how', 'vote');
    write(dialog, 'message', 'best of both');
    expect(line()).toBe('%model_merge churn:exp --into churn --how vote -m "best of both"');
    dialog.querySelector('form')!.requestSubmit();
    await settled();
    const args = { ref: 'churn:exp', into: 'churn', how: 'vote', message: 'best of both' };
    expect(source.of('merge')[0]?.args).toEqual(args);
    expect(done).toHaveBeenCalledExactlyOnceWith(result);
  });

  it('is offered where a kernel can do it, for a branch that is not the main line', () => {
    const can = new ScriptedSource({}, ['merge']);
    expect(buttonsOf(can).querySelector('[data-key=merge]')).not.toBeNull();
    const main = version(row('churn', 3));
    expect(buttonsOf(can, main).querySelector('[data-key=merge]')).toBeNull();
    const cannot = new ScriptedSource({}, ['promote']);
    expect(buttonsOf(cannot).querySelector('[data-key=merge]')).toBeNull();
  });

  it('opens one dialog, however often the button is clicked', async () => {
    const button = buttonsOf(new ScriptedSource({ merging }, ['merge']));
    document.body.append(button);
    button.querySelector<HTMLElement>('[data-key=merge]')!.click();
    button.querySelector<HTMLElement>('[data-key=merge]')!.click();
    await settled();
    expect(document.querySelectorAll('dialog')).toHaveLength(1);
  });

  it('says that there is no other branch', async () => {
    const alone = () => ({ branches: ['exp'], methods: ['average'] });
    expect(await press(new ScriptedSource({ merging: alone }, ['merge']))).toBeNull();
    const { what, hint } = (failed.mock.calls as [RequestError][])[0]![0];
    expect([what, hint]).toEqual([
      'churn has one branch only.',
      'Make another one: %model_branch churn eu',
    ]);
  });

  it('reports that its choices are not known', async () => {
    const refusal = new RequestError('The registry is gone.');
    const source = new ScriptedSource(
      {
        merging: () => {
          throw refusal;
        },
      },
      ['merge'],
    );
    expect(await press(source)).toBeNull();
    expect(failed).toHaveBeenCalledExactlyOnceWith(refusal);
  });
});
