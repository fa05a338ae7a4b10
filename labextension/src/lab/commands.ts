/** The commands in the palette, in the menu of a version, and behind the buttons of the panel. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { Clipboard, ICommandPalette } from '@jupyterlab/apputils';
import { NotebookActions } from '@jupyterlab/notebook';

import { openDialog } from '../view/ui/dialog';
import { mergeQuestion } from '../view/ui/mergeQuestion';
import {
  approveQuestion,
  promoteQuestion,
  releaseQuestion,
  rollbackQuestion,
  type DialogContext,
} from '../view/ui/questions';
import { pullQuestion, pushQuestion } from '../view/ui/sharingQuestions';
import { deleteQuestion, restoreQuestion } from '../view/ui/trashQuestions';
import type { ActionResult } from '../view/data/answers';
import { RequestError } from '../view/data/source';
import { askStatus, checkoutCell, obstacle, run } from './kernel';
import { PALETTE_ARGS, labelOf } from './labels';
import { noModels, codeOf, commitDialog, type CommitOptions } from './commitDialog';
import { dialogHost, notifySuccess, notifyError } from './notifications';
import { COMMAND, IActiveRegistry, ISidePanel, type Selection } from './tokens';
import { trans } from './translation';

interface Args {
  ref?: string;
  /** Whether the command was chosen in the context menu of a line. */
  pointed?: boolean;
}

/** JSON schema of `Args`, for users who bind a key or call a command from a program. */
const ARGS = {
  type: 'object',
  properties: {
    ref: {
      type: 'string',
      description: 'Reference of a version, such as churn@3; the selected one if omitted',
    },
    pointed: { type: 'boolean', description: 'Whether the version is that under the context menu' },
    isPalette: { type: 'boolean', description: 'Whether the command palette shows the label' },
  },
} as const;

/** What to monitor for a selection: the whole model for its latest version, else the version. */
function watched({ model, row }: Selection): string {
  return row.ref === model.latest.ref ? model.name : row.ref;
}

type Run = (args: Args) => Promise<void> | void;

class Commands {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly active: IActiveRegistry,
    private readonly panel: ISidePanel,
  ) {}

  /** Label and action of each command. */
  readonly table: ReadonlyArray<readonly [id: string, label: string, run: Run]> = [
    [COMMAND.reveal, trans.__('Show Models'), () => this.panel.reveal()],
    [COMMAND.refresh, trans.__('Refresh Models'), () => this.panel.reload()],
    [
      COMMAND.checkout,
      trans.__('Check Out into Notebook'),
      async (args) => this.checkout(await this.ref(args)),
    ],
    [
      COMMAND.insert,
      trans.__('Insert Checkout'),
      async (args) => this.insert(await this.ref(args)),
    ],
    [COMMAND.monitor, trans.__('Monitor'), (args) => this.monitor(args)],
    [
      COMMAND.mark,
      trans.__('Mark for Comparison'),
      async (args) => this.panel.mark(await this.ref(args)),
    ],
    [COMMAND.compare, trans.__('Compare Marked Versions'), (args) => this.compare(args)],
    [COMMAND.release, trans.__('Release…'), (args) => this.release(args)],
    [COMMAND.promote, trans.__('Promote…'), (args) => this.promote(args)],
    [COMMAND.rollback, trans.__('Roll Back…'), (args) => this.rollback(args)],
    [COMMAND.approve, trans.__('Approve…'), (args) => this.approve(args)],
    [COMMAND.merge, trans.__('Merge…'), (args) => this.merge(args)],
    [COMMAND.delete, trans.__('Delete…'), (args) => this.delete(args)],
    [COMMAND.restore, trans.__('Restore…'), () => this.restore()],
    [COMMAND.push, trans.__('Push…'), () => this.share(pushQuestion)],
    [COMMAND.pull, trans.__('Pull…'), () => this.share(pullQuestion)],
    [COMMAND.copy, trans.__('Copy Reference'), async (args) => this.copy(await this.ref(args))],
    [COMMAND.commit, trans.__('Commit a Variable…'), () => this.commit()],
  ];

  /** The line on which the menu was opened, else the selected line of the tree. */
  private async selectionOf({ pointed }: Args): Promise<Selection> {
    // JupyterLab remembers the last context menu, also when a command comes from elsewhere.
    const node = pointed
      ? this.app.contextMenuHitTest((each) => each.dataset.key !== undefined)
      : undefined;
    await this.panel.loaded();
    const selection = this.panel.under(node);
    if (!selection) {
      this.panel.reveal();
      throw new RequestError(
        trans.__('No version is selected.'),
        trans.__('Select one in the panel Models.'),
      );
    }
    return selection;
  }

  private async ref(args: Args): Promise<string> {
    return args.ref || (await this.selectionOf(args)).row.ref;
  }

  private async checkout(ref: string): Promise<void> {
    try {
      notifySuccess(
        (await this.active.checkout({ ref })).text || trans.__('%1 is checked out.', ref),
      );
    } catch (error) {
      const insert = { label: trans.__('Insert cell'), callback: () => this.insert(ref) };
      // The refusal concerns the version, not the kernel. The user can go on in a cell.
      const inside = error instanceof RequestError && error.message.includes('--');
      notifyError(error, inside ? [insert] : []);
    }
  }

  private insert(ref: string): void {
    const notebook = this.active.notebook;
    const problem = obstacle({
      notebook: notebook !== null,
      kernel: true,
      status: 'idle',
      language: notebook?.content.model?.defaultKernelLanguage || 'python',
    });
    if (problem) {
      throw problem;
    }
    if (!notebook) {
      return;
    }
    NotebookActions.insertBelow(notebook.content);
    const cell = notebook.content.activeCell;
    cell?.model.sharedModel.setSource(checkoutCell(ref));
    this.app.shell.activateById(notebook.id);
  }

  private async monitor(args: Args): Promise<void> {
    const monitor = args.ref || watched(await this.selectionOf(args));
    await this.app.commands.execute(COMMAND.open, { monitor });
  }

  private async compare(args: Args): Promise<void> {
    const { marked } = this.panel;
    const other = marked.length === 1 ? await this.ref(args) : '';
    const compare = other && other !== marked[0] ? [...marked, other] : marked;
    if (compare.length < 2) {
      throw new RequestError(
        trans.__('A comparison needs two versions.'),
        trans.__('Mark one in the panel Models, select another, then compare.'),
      );
    }
    await this.app.commands.execute(COMMAND.open, { compare: [...compare] });
  }

  private async promote(args: Args): Promise<void> {
    const { row } = await this.selectionOf(args);
    openDialog(dialogHost(), promoteQuestion(this.asking, row.ref, this.panel.stages));
  }

  private async rollback(args: Args): Promise<void> {
    const { model } = await this.selectionOf(args);
    const stages = [...new Set(model.stages.map(([stage]) => stage))];
    if (!stages.length) {
      throw new RequestError(
        trans.__('No version of %1 holds a stage.', model.name),
        trans.__('Promote one of its versions first.'),
      );
    }
    openDialog(dialogHost(), rollbackQuestion(this.asking, model.name, stages));
  }

  private async release(args: Args): Promise<void> {
    const { row } = await this.selectionOf(args);
    openDialog(dialogHost(), releaseQuestion(this.asking, row.ref));
  }

  private async approve(args: Args): Promise<void> {
    const { row } = await this.selectionOf(args);
    openDialog(dialogHost(), approveQuestion(this.asking, row.ref));
  }

  private async merge(args: Args): Promise<void> {
    const { model, row } = await this.selectionOf(args);
    openDialog(dialogHost(), await mergeQuestion(this.asking, model.name, row.branch));
  }

  private async delete(args: Args): Promise<void> {
    const { model, row } = await this.selectionOf(args);
    const whole = model.branches.length === 1;
    openDialog(dialogHost(), deleteQuestion(this.asking, model.name, row.branch, whole));
  }

  private async restore(): Promise<void> {
    await this.panel.loaded();
    const { entries } = await this.panel.source.ask('trash', {});
    if (!entries.length) {
      throw new RequestError(trans.__('The trash is empty.'));
    }
    openDialog(dialogHost(), restoreQuestion(this.asking, entries));
  }

  private async share(question: typeof pushQuestion): Promise<void> {
    await this.panel.loaded();
    const sharing = await this.panel.source.ask('sharing', {});
    if (!sharing.remotes.length) {
      throw new RequestError(
        trans.__('This registry has no remote.'),
        trans.__('Add one: %model_remote add origin URL.'),
      );
    }
    openDialog(dialogHost(), question(this.asking, sharing));
  }

  private copy(ref: string): void {
    Clipboard.copyToSystem(ref);
    notifySuccess(trans.__('%1 is copied.', ref));
  }

  private async commit(): Promise<void> {
    const kernel = await this.active.loaded();
    const status = await askStatus(kernel);
    if (!status?.models.length) {
      throw noModels();
    }
    const commit = async (options: CommitOptions): Promise<void> => {
      // Check the kernel again: a cell may have started in the meantime.
      const outcome = await run(await this.active.kernel(), codeOf(options));
      this.active.askAgain();
      if (outcome.error) {
        throw new RequestError(outcome.error, '', 'kernel');
      }
      notifySuccess(outcome.text);
      await this.panel.reload();
    };
    openDialog(dialogHost(), commitDialog(status, commit));
  }

  private get asking(): DialogContext {
    return { source: this.panel.source, done: this.did, failed: notifyError };
  }

  private readonly did = (answer: ActionResult): void => {
    notifySuccess(answer.text);
    void this.panel.reload();
  };
}

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:commands',
  description:
    'Commands for models: check out, commit, compare, release, promote, roll back, approve, merge, delete, push.',
  autoStart: true,
  requires: [ILabShell, IActiveRegistry, ISidePanel],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    _shell: ILabShell,
    active: IActiveRegistry,
    panel: ISidePanel,
    palette: ICommandPalette | null,
  ) => {
    const { table } = new Commands(app, active, panel);
    for (const [command, label, execute] of table) {
      app.commands.addCommand(command, {
        label: labelOf(label),
        describedBy: { args: ARGS },
        execute: async (args) => {
          try {
            await execute(args);
          } catch (error) {
            notifyError(error);
          }
        },
      });
    }
    for (const command of Object.values(COMMAND)) {
      palette?.addItem({ command, args: PALETTE_ARGS, category: trans.__('Models') });
    }
  },
};
