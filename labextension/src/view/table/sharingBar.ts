/** The part of the toolbar about the remote: how far it is away, and the buttons to push and pull. */

import { openDialog, type DialogOptions } from '../ui/dialog';
import { h, icon, type IconName } from '../ui/dom';
import type { DialogContext } from '../ui/questions';
import { distanceHint, pullQuestion, pushQuestion, remoteText } from '../ui/sharingQuestions';
import type { Registry, Sharing } from '../data/answers';
import { toRequestError } from '../tabs/unreadable';
import { trans } from '../translation';

/** What the bar needs of the panel. */
export interface SharingContext extends DialogContext {
  /** The element that holds dialogs. */
  host(): HTMLElement;
  /** The answer has changed. */
  changed(): void;
}

type Question = (context: DialogContext, sharing: Sharing) => DialogOptions;

export class SharingBar {
  readonly element: HTMLElement;
  /** Null until it is known, and where it is not for the reader. */
  answer: Sharing | null = null;
  private readonly distance = h('span', { class: 'nbm-faint', role: 'status' });

  constructor(private readonly context: SharingContext) {
    this.element = h(
      'span',
      { class: 'nbm-sharing', hidden: true },
      this.distance,
      this.button('pull', 'download', trans.__('Pull'), pullQuestion),
      this.button('push', 'upload', trans.__('Push'), pushQuestion),
    );
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
      this.element.hidden = answer.remotes.length === 0;
      this.distance.textContent = remoteText(answer);
      this.distance.title = distanceHint(answer.remote);
      this.context.changed();
    }
  }

  private button(key: string, name: IconName, label: string, question: Question): HTMLElement {
    const ask = (): void => {
      if (this.answer) {
        openDialog(this.context.host(), question(this.context, this.answer));
      }
    };
    return h(
      'button',
      { type: 'button', class: 'nbm-button', 'data-key': key, onclick: ask },
      icon(name),
      label,
    );
  }
}
