/** The part of the toolbar about the remote and the trash: a distance, and their buttons. */

import { openDialog, type DialogOptions } from '../ui/dialog';
import { fill, h, icon, type IconName } from '../ui/dom';
import type { DialogContext } from '../ui/questions';
import { restoreQuestion } from '../ui/trashQuestions';
import { distanceHint, pullQuestion, pushQuestion, remoteText } from '../ui/sharingQuestions';
import { count } from '../data/format';
import type { RequestError } from '../data/source';
import type { Registry, Sharing } from '../data/answers';
import { toRequestError } from '../tabs/unreadable';
import { trans } from '../translation';

/** What the bar needs of the panel. */
export interface SharingContext extends DialogContext {
  /** The element that holds dialogs. */
  host(): HTMLElement;
  /** The answer has changed. */
  changed(): void;
  failed(error: RequestError): void;
}

type Question = (context: DialogContext, sharing: Sharing) => DialogOptions;

export class SharingBar {
  readonly element: HTMLElement;
  /** Null until it is known, and where it is not for the reader. */
  answer: Sharing | null = null;
  private readonly distance = h('span', { class: 'nbm-faint', role: 'status' });
  private readonly trash = this.button('trash', 'trash', '', () => void this.askTrash());
  private readonly remote: readonly HTMLElement[];

  constructor(private readonly context: SharingContext) {
    this.remote = [
      this.distance,
      this.button('pull', 'download', trans.__('Pull'), () => this.open(pullQuestion)),
      this.button('push', 'upload', trans.__('Push'), () => this.open(pushQuestion)),
    ];
    this.element = h('span', { class: 'nbm-sharing', hidden: true }, this.remote, this.trash);
  }

  /** The registry has changed; `answer` came with the page. */
  async renew(registry: Registry, answer?: Sharing): Promise<void> {
    const { source } = this.context;
    if (registry.readOnly || !source.can('sharing') || !source.can('push')) {
      return;
    }
    try {
      this.show(answer ?? (await source.ask('sharing', {})));
    } catch (error) {
      // The table is useful without it, and says itself what is wrong with the registry.
      console.warn(`nbmodel: ${toRequestError(error).message}`);
    }
  }

  private show(answer: Sharing): void {
    const changed = JSON.stringify(answer) !== JSON.stringify(this.answer);
    this.answer = answer;
    if (changed) {
      this.element.hidden = answer.remotes.length === 0 && answer.trash === 0;
      this.remote.forEach((each) => (each.hidden = answer.remotes.length === 0));
      this.trash.hidden = answer.trash === 0;
      fill(this.trash, icon('trash'), trans.__('Trash (%1)', count(answer.trash)));
      this.distance.textContent = remoteText(answer);
      this.distance.title = distanceHint(answer.remote);
      this.context.changed();
    }
  }

  private open(question: Question): void {
    if (this.answer) {
      openDialog(this.context.host(), question(this.context, this.answer));
    }
  }

  private async askTrash(): Promise<void> {
    const { context } = this;
    try {
      const { entries } = await context.source.ask('trash', {});
      if (entries.length) {
        openDialog(context.host(), restoreQuestion(context, entries));
      }
    } catch (error) {
      context.failed(toRequestError(error));
    }
  }

  private button(
    key: string,
    name: IconName,
    label: string,
    onclick: () => void,
  ): HTMLButtonElement {
    return h(
      'button',
      { type: 'button', class: 'nbm-button', 'data-key': key, onclick },
      icon(name),
      label,
    );
  }
}
