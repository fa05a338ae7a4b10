/** The head of the side panel: the name of the registry, buttons, and the search. */

import type { CommandRegistry } from '@lumino/commands';

import { fill, h, icon } from '../view/ui/dom';
import type { Registry } from '../view/data/answers';
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
    this.node = h(
      'div',
      { class: 'nbm-lab-head' },
      h(
        'div',
        { class: 'nbm-lab-bar' },
        this.name,
        h('div', { class: 'nbm-lab-tools' }, toolButtons(commands)),
      ),
      this.box,
    );
  }

  get query(): string {
    return this.box.value.trim();
  }

  draw(registry: Registry | null): void {
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

function toolButtons(commands: CommandRegistry): HTMLElement[] {
  const tools: ReadonlyArray<readonly [command: string, path: string, label: string]> = [
    [COMMAND.commit, PATHS.add, trans.__('Commit a variable of the notebook')],
    [COMMAND.compare, PATHS.compare, trans.__('Compare the two marked versions')],
    [COMMAND.refresh, PATHS.refresh, trans.__('Refresh')],
  ];
  return tools.map(([command, path, label]) =>
    h(
      'button',
      {
        type: 'button',
        class: 'nbm-lab-tool',
        title: label,
        'aria-label': label,
        onclick: () => void commands.execute(command),
      },
      drawIcon(path),
    ),
  );
}

function lastPart(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}
