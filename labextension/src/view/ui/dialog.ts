/** A dialog before an action: fields, the equivalent command, and the result. */

import { fill, h, notice, type Child } from './dom';
import { RequestError } from '../data/source';
import { trans } from '../translation';

export interface Field {
  name: string;
  label: string;
  value?: string;
  /** Placeholder of the empty field. */
  hint?: string;
  required?: boolean;
  /** Options; with `free`, the user may type another value. */
  options?: readonly string[];
  /** What the user reads in place of each option. */
  labels?: readonly string[];
  free?: boolean;
  /** A checkbox; its value is `yes` or empty. */
  tick?: boolean;
}

export type Answers = Readonly<Record<string, string>>;

export interface DialogOptions {
  title: string;
  /** An explanation of the action. */
  about: string;
  fields: readonly Field[];
  /** Label of the button that starts the action. */
  action: string;
  /** The equivalent command in a notebook. */
  line(answers: Answers): string;
  /**
   * What the user should know of these answers before the action; empty if there is nothing. The
   * action waits until it is known.
   */
  remark?(answers: Answers): string | Promise<string>;
  /** Run the action; if it fails, the error is shown and the dialog stays open. */
  submit(answers: Answers): Promise<void>;
  /** Shown while an action runs that takes long; the user may close the dialog meanwhile. */
  busy?: string;
  /** Report the error of an action whose dialog was closed. */
  failed?(error: RequestError): void;
}

type Control = HTMLInputElement | HTMLSelectElement;

let dialogCount = 0;

/** Open a modal dialog inside `host`. */
export function openDialog(host: HTMLElement, options: DialogOptions): HTMLDialogElement {
  dialogCount += 1;
  return new Dialog(options, `nbm-dialog-${dialogCount}`).open(host);
}

class Dialog {
  private readonly controls: ReadonlyMap<Field, Control>;
  private readonly line = h('code');
  private readonly remark = h('p', { class: 'nbm-dialog-remark', 'aria-live': 'polite' });
  private readonly trouble = h('div', { class: 'nbm-dialog-trouble', 'aria-live': 'assertive' });
  private remarkCount = 0;
  private readonly busy = h('p', { class: 'nbm-dialog-busy', role: 'status' });
  private readonly cancel: HTMLButtonElement;
  private readonly submit: HTMLButtonElement;
  private readonly dialog: HTMLDialogElement;

  constructor(
    private readonly options: DialogOptions,
    id: string,
  ) {
    const { fields, action } = options;
    this.controls = new Map(fields.map((field) => [field, control(field, `${id}-${field.name}`)]));
    const kind = 'nbm-button nbm-button-primary';
    this.submit = h('button', { type: 'submit', class: kind }, action);
    this.cancel = h(
      'button',
      { type: 'button', class: 'nbm-button', onclick: () => this.dialog.close() },
      trans.__('Cancel'),
    );
    const form = this.form(`${id}-title`);
    this.dialog = h('dialog', { class: 'nbm-dialog', 'aria-labelledby': `${id}-title` }, form);
    form.addEventListener('input', () => this.drawLine());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.run();
    });
    this.dialog.addEventListener('close', () => this.dialog.remove());
    // Keys in the dialog must not trigger shortcuts of the page around the panel.
    this.dialog.addEventListener('keydown', (event) => event.stopPropagation());
  }

  open(host: HTMLElement): HTMLDialogElement {
    this.drawLine();
    host.append(this.dialog);
    this.dialog.showModal();
    [...this.controls.values()][0]?.focus();
    return this.dialog;
  }

  private form(titleId: string): HTMLFormElement {
    const { title, about } = this.options;
    return h(
      'form',
      { class: 'nbm-dialog-form', novalidate: true },
      h('h2', { id: titleId }, title),
      h('p', { class: 'nbm-faint' }, about),
      [...this.controls].map(([field, input]) => labelled(field, input)),
      this.remark,
      h(
        'div',
        { class: 'nbm-dialog-line' },
        h('span', { class: 'nbm-faint' }, trans.__('Equivalent command')),
        this.line,
      ),
      this.busy,
      this.trouble,
      h('div', { class: 'nbm-dialog-buttons' }, this.cancel, this.submit),
    );
  }

  private drawLine(): void {
    const answers = this.answers();
    this.line.textContent = this.options.line(answers);
    const remark = this.options.remark?.(answers) ?? '';
    this.remarkCount += 1;
    if (typeof remark === 'string') {
      this.remark.textContent = remark;
    } else {
      void this.await(remark, this.remarkCount);
    }
  }

  /** Show a remark once it is known, unless the answers have changed meanwhile. */
  private async await(remark: Promise<string>, request: number): Promise<void> {
    this.submit.disabled = true;
    try {
      const text = await remark;
      if (request === this.remarkCount) {
        this.remark.textContent = text;
        this.submit.disabled = false;
      }
    } catch (error) {
      if (request === this.remarkCount) {
        this.remark.textContent = '';
        this.refuse(error);
      }
    }
  }

  private answers(): Answers {
    const entries = [...this.controls].map(([field, input]) => [field.name, valueOf(input)]);
    return Object.fromEntries(entries) as Answers;
  }

  private async run(): Promise<void> {
    const emptyField = [...this.controls].find(
      ([field, input]) => field.required && !valueOf(input).trim(),
    );
    if (emptyField) {
      const [{ label }, input] = emptyField;
      const what = trans.__('%1 is missing.', label);
      fill(this.trouble, notice('error', what, trans.__('Fill it in, then try again.')));
      input.focus();
      return;
    }
    this.setBusy(true);
    try {
      await this.options.submit(this.answers());
      this.dialog.close();
    } catch (error) {
      const refusal = this.refuse(error);
      if (!this.dialog.isConnected) {
        this.options.failed?.(refusal);
      }
    } finally {
      this.setBusy(false);
    }
  }

  /** Show an error of a question or an action. */
  private refuse(error: unknown): RequestError {
    if (!(error instanceof RequestError)) {
      throw error;
    }
    fill(this.trouble, notice('error', error.what, error.hint));
    return error;
  }

  /** While an action runs, nothing in the form can be changed. An earlier error is gone. */
  private setBusy(busy: boolean): void {
    const { busy: text = '' } = this.options;
    this.submit.disabled = busy;
    this.controls.forEach((control) => (control.disabled = busy && text !== ''));
    this.busy.textContent = busy ? text : '';
    if (text) {
      this.cancel.textContent = busy ? trans.__('Close') : trans.__('Cancel');
    }
    if (busy) {
      this.cancel.focus();
      fill(this.trouble);
    }
  }
}

function control(field: Field, id: string): Control {
  const { name, value = '', hint, required, options, labels, free, tick } = field;
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
    const items = options.map((option, index) =>
      h('option', { value: option }, labels?.[index] ?? option),
    );
    const select = h('select', shared, items);
    select.value = value || (options[0] ?? ''); // the value can be set only after the options
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
        h('span', { class: 'nbm-faint' }, ' ', trans.__('(optional)')),
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
