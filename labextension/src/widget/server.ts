/** The status of a server in a notebook: its models, their speed, and a button that stops it. */

import { cellRunner } from '../view/ui/cellRunner';
import { copyButton } from '../view/ui/copy';
import { fill, h, icon, setProps, svg } from '../view/ui/dom';
import { COLUMNS, ModelRow, write } from './modelRow';
import { clock, type ServerInfo, type ServerStatus, type ServerState } from './serverStatus';
import { useStyles } from './styles';
import { connected, type WidgetModel } from './widgetModel';

const SECOND = 1000;
/**
 * Milliseconds between two messages that the widget is visible. The kernel waits three times that.
 */
const HEARTBEAT_MS = 5 * SECOND;
/** Milliseconds without a status after which the kernel counts as lost. */
const LOST_MS = 5 * SECOND;

type Shown = ServerState | 'lost';

/** A shape as well as a color for each state. */
const SHAPES: Readonly<Record<Shown, readonly [words: string, path: string]>> = {
  running: ['Running', 'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z'],
  silent: ['Does not answer', 'M6 1 11.5 10.5H.5Z'],
  stopping: ['Stopping', 'M2.5 1.5h2.5v9H2.5zM7 1.5h2.5v9H7z'],
  stopped: ['Stopped', 'M2 2h8v8H2z'],
  lost: [
    'No message from the kernel',
    'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm0 1.6a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8Z',
  ],
};

class ServerView {
  private readonly info: ServerInfo;
  private readonly dot = svg('path', {});
  private readonly words = h('span', { role: 'status', class: 'nbm-server-words' });
  private readonly body = h('tbody');
  private readonly note = h('span', { class: 'nbm-server-note' });
  private readonly stop = h(
    'button',
    { type: 'button', class: 'nbm-button', onclick: () => this.end() },
    icon('stop'),
    'Stop',
  );
  private readonly again = h(
    'button',
    { type: 'button', class: 'nbm-button', onclick: () => cellRunner(this.root)?.() },
    'Run the cell again',
  );
  private readonly root: HTMLElement;
  private rows = new Map<string, ModelRow>();
  private heard = Date.now();
  private seen = false;
  private stopRequested = false;
  private readonly timers: Array<ReturnType<typeof setInterval>> = [];
  private readonly changed = (): void => {
    this.heard = Date.now();
    this.draw();
  };
  private readonly turned = (): void => this.beat();

  constructor(
    private readonly model: WidgetModel,
    private readonly host: HTMLElement,
  ) {
    this.info = model.get('info') as ServerInfo;
    this.root = h(
      'div',
      {
        class: 'nbm nbm-server',
        role: 'group',
        'aria-label': 'Server',
        'data-lm-suppress-shortcuts': true,
      },
      this.header(),
      h('table', null, this.headings(), this.body),
      this.footer(),
    );
    for (const [name, version] of Object.entries(this.info.versions)) {
      this.rows.set(name, new ModelRow(version, this.info.follows[name] ?? ''));
    }
    fill(
      this.body,
      [...this.rows.values()].flatMap(({ elements }) => elements),
    );
  }

  start(): () => void {
    this.host.append(this.root);
    this.model.on('change:status', this.changed);
    this.model.on('change:commands', this.changed);
    document.addEventListener('visibilitychange', this.turned);
    this.timers.push(
      setInterval(() => this.beat(), HEARTBEAT_MS),
      setInterval(() => this.tick(), SECOND),
    );
    this.draw();
    setTimeout(() => this.beat()); // by then it is in the page
    return () => {
      this.timers.forEach(clearInterval);
      document.removeEventListener('visibilitychange', this.turned);
      this.model.off('change:status', this.changed);
      this.model.off('change:commands', this.changed);
      this.root.remove();
    };
  }

  private get reading(): ServerStatus {
    return this.model.get('status') as ServerStatus;
  }

  private get shown(): Shown {
    const { state } = this.reading;
    if (state === 'stopped') {
      return state;
    }
    if (Date.now() - this.heard > LOST_MS) {
      return 'lost';
    }
    return this.stopRequested ? 'stopping' : state;
  }

  /** Report to the kernel that the widget is visible, if it is. */
  private beat(): void {
    const isVisible = !document.hidden && this.root.getClientRects().length > 0;
    if (isVisible && !this.seen) {
      this.heard = Date.now(); // no status was requested while the widget was hidden
    }
    this.seen = isVisible;
    if (isVisible && this.reading.state !== 'stopped') {
      this.model.send({ visible: true });
    }
  }

  /** Draw again each second, because no event announces that the kernel is silent. */
  private tick(): void {
    if (this.seen) {
      this.draw();
    }
  }

  private end(): void {
    if (this.stop.getAttribute('aria-disabled') !== 'true') {
      this.stopRequested = true;
      this.model.send({ stop: true });
      this.draw();
    }
  }

  private draw(): void {
    const { shown, reading } = this;
    const [words, path] = SHAPES[shown];
    write(this.words, words);
    setProps(this.dot, { d: path });
    this.root.dataset.state = shown;
    const idle = shown !== 'running' && shown !== 'silent';
    setProps(this.stop, { 'aria-disabled': idle || !this.info.canStop });
    const ended = shown === 'stopped' || shown === 'lost';
    if (!ended || !cellRunner(this.root)) {
      this.again.remove();
    } else if (!this.again.parentElement) {
      this.note.after(this.again);
    }
    write(this.note, this.noted(shown, reading.time));
    const commands = this.model.get('commands') as Readonly<Record<string, string>>;
    for (const model of reading.models) {
      this.rows.get(model.name)?.draw(model, commands[model.name] ?? '');
    }
  }

  private noted(shown: Shown, time: number): string {
    const { pid, detached } = this.info;
    const notes: Readonly<Record<Shown, string>> = {
      running: detached
        ? `Process ${pid} continues when the kernel ends. %model_stop stops it.`
        : `Process ${pid} ends with this kernel or by %model_stop.`,
      silent: `Process ${pid} exists but does not answer. It may be busy.`,
      stopping:
        'The server finishes its open requests. If the kernel is busy, it stops the server after the running cell.',
      stopped: `Last seen at ${clock(time)}. Run the cell again to start another.`,
      lost: `Last seen at ${clock(time)}. The kernel has ended, ${detached ? 'but the server may still run: %model_stop stops it' : 'and its server with it'}.`,
    };
    return notes[shown];
  }

  private header(): HTMLElement {
    const { address, hasToken, canStop } = this.info;
    return h(
      'div',
      { class: 'nbm-server-head' },
      svg('svg', { class: 'nbm-server-dot', viewBox: '0 0 12 12', 'aria-hidden': true }, this.dot),
      this.words,
      hasToken
        ? h('span', { class: 'nbm-server-address' }, address)
        : h(
            'a',
            { class: 'nbm-server-address', href: address, target: '_blank', rel: 'noopener' },
            address,
          ),
      copyButton(address, 'Copy the address'),
      h('span', { class: 'nbm-space' }),
      canStop && this.stop,
    );
  }

  private headings(): HTMLElement {
    return h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('th', { scope: 'col' }, 'Version'),
        COLUMNS.map(([heading, title]) =>
          h('th', { scope: 'col', title, 'data-column': heading.toLowerCase() }, heading),
        ),
        h(
          'th',
          { scope: 'col', class: 'nbm-server-flow', title: 'Requests per second' },
          'Last 2 min',
        ),
      ),
    );
  }

  private footer(): HTMLElement {
    return h(
      'div',
      { class: 'nbm-server-foot' },
      this.note,
      this.info.hasToken &&
        h(
          'span',
          null,
          'Clients must send a token. The result of this cell has it: ',
          h('code', null, '_.token'),
        ),
    );
  }
}

/** Draw one view of the widget; returns a function that ends it. */
function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  useStyles();
  return new ServerView(connected(model), el).start();
}

export default { render };
