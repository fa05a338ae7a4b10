/** Adds the references of cells to JupyterLab's editors, and the command that describes one. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import {
  CodeMirrorEditor,
  EditorExtensionRegistry,
  IEditorExtensionRegistry,
} from '@jupyterlab/codemirror';
import type { EditorView } from '@codemirror/view';

import { RequestError } from '../view/data/source';
import { editorReferences, showCardAtCursor, type Card, type CardSource } from './editorReferences';
import { labelOf } from './labels';
import { notifyError } from './notifications';
import { errorCard, versionCard, versionSentence } from './referenceCard';
import { toRequestError } from './rest';
import { COMMAND, IActiveRegistry } from './tokens';
import { trans } from './translation';
import { VersionCache } from './versionCache';

/** Types of cells whose lines may call magics. */
const PYTHON = new Set(['text/x-ipython', 'text/x-python']);

/** Cards of the versions in the registry of an editor's notebook. */
class Cards {
  constructor(private readonly active: IActiveRegistry) {}

  /** The cards for an editor with this model. */
  for(model: CodeEditor.IModel): CardSource {
    return { isPython: () => PYTHON.has(model.mimeType), card: this.card };
  }

  readonly card = async (view: EditorView, ref: string): Promise<Card> => {
    try {
      const version = await this.versions.get(this.active.placeOf(view.dom), ref);
      return { node: versionCard(version), sentence: versionSentence(version) };
    } catch (error) {
      const refusal = toRequestError(error);
      return { node: errorCard(refusal), sentence: refusal.message };
    }
  };

  private readonly versions = new VersionCache((place) => this.active.source(place, () => false));
}

async function describe(active: IActiveRegistry, cards: Cards): Promise<void> {
  const cell = active.notebook?.content.activeCell;
  const editor = cell?.editor;
  const described =
    cell && editor instanceof CodeMirrorEditor
      ? await showCardAtCursor(editor.editor, cards.for(cell.model))
      : false;
  if (!described) {
    throw new RequestError(
      trans.__('There is no reference at the cursor.'),
      trans.__('Place the cursor on one in the line of a magic, such as churn@3.'),
    );
  }
}

export const editorPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:editor',
  description: 'References in cells: highlighting, and a card of the version.',
  autoStart: true,
  requires: [ILabShell, IEditorExtensionRegistry, IActiveRegistry],
  activate: (
    app: JupyterFrontEnd,
    _shell: ILabShell,
    extensions: IEditorExtensionRegistry,
    active: IActiveRegistry,
  ) => {
    const cards = new Cards(active);
    extensions.addExtension({
      name: 'nbmodel-lab:references',
      factory: ({ inline, model }) =>
        inline
          ? EditorExtensionRegistry.createImmutableExtension(editorReferences(cards.for(model)))
          : null,
    });
    app.commands.addCommand(COMMAND.describe, {
      label: labelOf(trans.__('Describe Reference at Cursor')),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => describe(active, cards).catch(notifyError),
    });
  },
};
