import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Deletion, TrashEntry } from '../../../src/view/data/answers';
import { RequestError } from '../../../src/view/data/source';
import { openDialog } from '../../../src/view/ui/dialog';
import { deleteQuestion, deletionText, restoreQuestion } from '../../../src/view/ui/trashQuestions';
import { HOSTILE, ScriptedSource, addDialogMethods } from '../fixtures';

const END = 1_767_225_600;
const BRANCH: Deletion = {
  ref: 'churn:exp',
  isModel: false,
  versions: 3,
  branches: ['exp'],
  branchCount: 1,
  labels: ['churn@v1.0.0'],
  labelCount: 1,
  others: ['main'],
  end: END,
};
const MODEL: Deletion = {
  ...BRANCH,
  ref: 'churn',
  isModel: true,
  branches: ['exp', 'main'],
  branchCount: 2,
  labels: ['churn@prod'],
  labelCount: 21,
  others: [],
};
const RESULT = { text: 'done', ref: '' };
const done = vi.fn();

beforeEach(() => {
  done.mockClear();
  addDialogMethods();
});
afterEach(() => document.body.replaceChildren());

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function choose(dialog: HTMLDialogElement, name: string, value: string): void {
  const field = dialog.querySelector<HTMLSelectElement>(`[name=${name}]`)!;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

describe('a deletion', () => {
  it('says what goes, until when it can be restored, and which labels stay or are hidden', () => {
    const branch = deletionText(BRANCH);
    expect(branch).toContain('3 versions of this branch go to the trash.');
    expect(branch).toContain('These labels stay, because a tag names their version: churn@v1.0.0.');
    expect(branch).toContain('These branches stay: main.');
    const model = deletionText(MODEL);
    expect(model).toContain('2 branches with 3 versions go to the trash: exp, main.');
    expect(model).toContain('are hidden until then: churn@prod and 20 more.');
    expect(model).toContain('It can be restored until 20');
  });

  it('waits until it is known what will happen, and asks once for each choice', async () => {
    const source = new ScriptedSource({ delete: () => RESULT });
    const question = deleteQuestion({ source, done }, 'churn', 'exp');
    const dialog = openDialog(document.body, question);
    const button = dialog.querySelector<HTMLButtonElement>('[type=submit]')!;
    expect(button.disabled).toBe(true);
    choose(dialog, 'what', 'churn');
    source.of('deletion')[0]?.resolve(BRANCH);
    await settled();
    expect(button.disabled).toBe(true); // that was about the branch
    source.of('deletion')[1]?.resolve(MODEL);
    await settled();
    expect(dialog.textContent).toContain('2 branches with 3 versions');
    expect(button.disabled).toBe(false);
    choose(dialog, 'message', 'too slow');
    await settled();
    dialog.querySelector('form')?.requestSubmit();
    await settled();
    expect(source.of('deletion')).toHaveLength(2);
    expect(source.of('delete')[0]?.args).toEqual({ ref: 'churn', message: 'too slow' });
    expect(done).toHaveBeenCalledWith(RESULT);
  });

  it('cannot be confirmed if it is not known what will happen', async () => {
    const deletion = (): never => {
      throw new RequestError('There is no branch exp.', 'Look again.');
    };
    const source = new ScriptedSource({ deletion });
    const dialog = openDialog(document.body, deleteQuestion({ source, done }, 'churn', 'exp'));
    await settled();
    expect(dialog.querySelector('[role=alert]')?.textContent).toContain('Look again.');
    expect(dialog.querySelector<HTMLButtonElement>('[type=submit]')?.disabled).toBe(true);
  });
});

describe('the trash', () => {
  const entry = { time: END, author: 'Ann', message: HOSTILE, end: END, problem: '' };
  const ENTRIES: TrashEntry[] = [
    { ...entry, ref: 'churn:exp', isModel: false },
    { ...entry, ref: 'price', isModel: true, message: 'Deleted' },
  ];

  it('restores what the user chooses, a branch also under another name', async () => {
    const source = new ScriptedSource({ restore: () => RESULT });
    const dialog = openDialog(document.body, restoreQuestion({ source, done }, ENTRIES));
    expect(dialog.querySelector('.nbm-dialog-remark')?.textContent).toContain(HOSTILE);
    expect(dialog.querySelector('img')).toBeNull();
    choose(dialog, 'branch', 'old');
    dialog.querySelector('form')?.requestSubmit();
    await settled();
    expect(source.of('restore')[0]?.args).toEqual({ ref: 'churn:exp', branch: 'old' });
  });

  it('has no other name for a model', async () => {
    const source = new ScriptedSource({ restore: () => RESULT });
    const dialog = openDialog(document.body, restoreQuestion({ source, done }, ENTRIES));
    choose(dialog, 'what', 'price');
    choose(dialog, 'branch', 'old');
    expect(dialog.querySelector('code')?.textContent).toBe('%model_restore price');
    dialog.querySelector('form')?.requestSubmit();
    await settled();
    expect(source.of('restore')[0]?.args).toEqual({ ref: 'price' });
  });
});
