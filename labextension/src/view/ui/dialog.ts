/** A question before something is done: fields, the line that does the same, and the outcome. */

import { fill, h, notice, type Child } from './dom';
import { RequestError } from '../data/source';

export interface Field {
  name: string;
  label: string;
  value?: string;
  /** Shown in the empty field. */
  hint?: string;
  required?: boolean;
  /** Choices; with `free`, anything else may be written too. */
  options?: readonly string[];
  free?: boolean;
  /** A box to tick; its value is `yes` or empty. */
  tick?: boolean;
}

export type Answers = Readonly<Record<string, string>>;

export interface DialogOptions {
  title: string;
  /** What it means. */
  about: string;
  fields: readonly Field[];
  /** Label of the button that does it. */
  action: string;
  /** What one would type in a notebook for the same. */
  line(answers: Answers): string;
  /** Does it; a `Refusal` is shown and the dialog stays. */
  submit(answers: Answers): Promise<void>;
}

type Control = HTMLInputElement | HTMLSelectElement;

let made = 0;

/** Ask `question` in a modal dialog inside `host`. */
export function openDialog(host: HTMLElement, question: DialogOptions): HTMLDialogElement {
  made += 1;
  const id = (part: string): string => `nbm-dialog-${made}-${part}`;
  const controls = new Map(question.fields.map((field) => [field, control(field, id(field.name))]));
  const line = h('code');
  const trouble = h('div', { class: 'nbm-dialog-trouble', 'aria-live': 'assertive' });
  const submit = h(
    'button',
    { type: 'submit', class: 'nbm-button nbm-button-primary' },
    question.action,
  );
  const cancel = h('button', { type: 'button', class: 'nbm-button' }, 'Cancel');
  const form = h(
    'form',
    { class: 'nbm-dialog-form', novalidate: true },
    h('h2', { id: id('title') }, question.title),
    h('p', { class: 'nbm-faint' }, question.about),
    [...controls].map(([field, input]) => labelled(field, input)),
    h(
      'div',
      { class: 'nbm-dialog-line' },
      h('span', { class: 'nbm-faint' }, 'Does the same as'),
      line,
    ),
    trouble,
    h('div', { class: 'nbm-dialog-buttons' }, cancel, submit),
  );
  const dialog = h('dialog', { class: 'nbm-dialog', 'aria-labelledby': id('title') }, form);

  const answers = (): Answers =>
    Object.fromEntries([...controls].map(([field, input]) => [field.name, valueOf(input)]));
  const show = (): void => {
    line.textContent = question.line(answers());
  };
  const run = async (): Promise<void> => {
    const missing = [...controls].find(
      ([field, input]) => field.required && !valueOf(input).trim(),
    );
    if (missing) {
      fill(trouble, notice('error', `${missing[0].label} is missing.`, 'Say it in a few words.'));
      missing[1].focus();
      return;
    }
    submit.disabled = true;
    try {
      await question.submit(answers());
      dialog.close();
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      fill(trouble, notice('error', error.what, error.hint));
    } finally {
      submit.disabled = false;
    }
  };

  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  // What surrounds the panel has shortcuts of its own; none of them is meant here.
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  show();
  host.append(dialog);
  dialog.showModal();
  [...controls.values()][0]?.focus();
  return dialog;
}

function control(field: Field, id: string): Control {
  const { name, value = '', hint, required, options, free, tick } = field;
  const shared = { id, name, class: 'nbm-input', 'aria-required': required ? true : null };
  if (tick) {
    return h('input', {
      ...shared,
      class: 'nbm-check',
      type: 'checkbox',
      checked: value === 'yes',
    });
  }
  if (options && !free) {
    const items = options.map((option) => h('option', { value: option }, option));
    const select = h('select', shared, items);
    select.value = value || (options[0] ?? ''); // it holds a value only once it has its options
    return select;
  }
  const list = options ? `${id}-list` : null;
  return h('input', {
    ...shared,
    type: 'text',
    value,
    placeholder: hint,
    list,
    autocomplete: 'off',
  });
}

function labelled(field: Field, input: Control): Child {
  const list = input.getAttribute('list');
  const choices = (field.options ?? []).map((option) => h('option', { value: option }));
  return h(
    'div',
    { class: field.tick ? 'nbm-field nbm-field-tick' : 'nbm-field' },
    h(
      'label',
      { for: input.id },
      field.label,
      !field.required &&
        !field.tick &&
        !isChoice(field) &&
        h('span', { class: 'nbm-faint' }, ' (optional)'),
    ),
    input,
    list && h('datalist', { id: list }, choices),
  );
}

function isChoice(field: Field): boolean {
  return field.options !== undefined && !field.free;
}

function valueOf(input: Control): string {
  const tick = input instanceof HTMLInputElement && input.type === 'checkbox';
  return tick ? (input.checked ? 'yes' : '') : input.value;
}
