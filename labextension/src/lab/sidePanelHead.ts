/** The head of the side panel: the name of the registry, buttons, and the search. */

import type { CommandRegistry } from '@lumino/commands';

import { fill, h, icon } from '../view/ui/dom';
import { distanceHint, remoteText } from '../view/ui/sharingQuestions';
import type { Registry, Sharing } from '../view/data/answers';
import { PATHS, drawIcon } from './icon';
import { COMMAND } from './tokens';
import { trans } from './translation';

export interface HeadHandlers {
  /** The search has changed. */
  typed(): void;
  /** Escape has cleared the search. */
  cleared(): void;
  /** The down arrow leaves the search for the tree. */
  left(): void;
}

export class SidePanelHead {
  readonly node: HTMLElement;
  private readonly name = h('div', { class: 'nbm-lab-registry' });
  private readonly distance = h('span', { class: 'nbm-lab-distance', role: 'status' });
  private readonly remote: HTMLElement;
  private readonly box = h('input', {
    type: 'search',
    class: 'nbm-input nbm-lab-search',
    placeholder: trans.__('Search models'),
    'aria-label': trans.__('Search models'),
  });

  constructor(
    commands: CommandRegistry,
    private readonly handlers: HeadHandlers,
  ) {
    this.box.addEventListener('input', () => handlers.typed());
    this.box.addEventListener('keydown', (event) => this.onKey(event));
    this.remote = h(
      'div',
      { class: 'nbm-lab-bar nbm-lab-remote', hidden: true },
      this.distance,
      h('div', { class: 'nbm-lab-tools' }, toolButtons(commands, REMOTE_TOOLS)),
    );
    this.node = h(
      'div',
      { class: 'nbm-lab-head' },
      h(
        'div',
        { class: 'nbm-lab-bar' },
        this.name,
        h('div', { class: 'nbm-lab-tools' }, toolButtons(commands, TOOLS)),
      ),
      this.box,
      this.remote,
    );
  }

  get query(): string {
    return this.box.value.trim();
  }

  /** The height in pixels; see `style/lab.css`. */
  get height(): number {
    return this.remote.hidden ? 68 : 98;
  }

  draw(registry: Registry | null, sharing: Sharing | null): void {
    this.remote.hidden = !registry || !sharing?.remotes.length;
    this.distance.textContent = sharing ? remoteText(sharing) : '';
    this.distance.title = sharing?.remote ? distanceHint(sharing.remote) : '';
    const title = registry ? lastPart(registry.name) : trans.__('Models');
    fill(
      this.name,
      h('span', { class: 'nbm-lab-title' }, title),
      registry?.readOnly && h('span', { title: trans.__('Read-only') }, icon('lock')),
    );
    this.name.title = registry?.name ?? '';
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.box.value) {
      this.box.value = '';
      this.handlers.cleared();
    } else if (event.key === 'ArrowDown') {
      this.handlers.left();
    } else {
      return;
    }
    event.preventDefault();
  }
}

type Tool = readonly [command: string, path: string, label: () => string];

const TOOLS: readonly Tool[] = [
  [COMMAND.commit, PATHS.add, () => trans.__('Commit a variable of the notebook')],
  [COMMAND.compare, PATHS.compare, () => trans.__('Compare the two marked versions')],
  [COMMAND.refresh, PATHS.refresh, () => trans.__('Refresh')],
];
const REMOTE_TOOLS: readonly Tool[] = [
  [COMMAND.pull, PATHS.pull, () => trans.__('Pull')],
  [COMMAND.push, PATHS.push, () => trans.__('Push')],
];

function toolButtons(commands: CommandRegistry, tools: readonly Tool[]): HTMLElement[] {
  return tools.map(([command, path, label]) =>
    h(
      'button',
      {
        type: 'button',
        class: 'nbm-lab-tool',
        title: label(),
        'aria-label': label(),
        onclick: () => void commands.execute(command),
      },
      drawIcon(path),
    ),
  );
}

function lastPart(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}
