/** References in the cells of a notebook: they are highlighted, and show the card of a version. */

import { StateEffect, StateField, type Extension, type Text } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  ViewPlugin,
  closeHoverTooltips,
  hoverTooltip,
  showTooltip,
  tooltips,
  type DecorationSet,
  type Tooltip,
  type ViewUpdate,
} from '@codemirror/view';

import { isContinued, isMagicLine, referencesIn, type ReferenceSpan } from './references';

/** A card, and the sentence that a screen reader says in its place. */
export interface Card {
  readonly node: HTMLElement;
  readonly sentence: string;
}

export interface CardSource {
  /** Whether the editor holds Python cells; the kernel may say so later. */
  isPython(): boolean;
  /** The card of a reference in an editor. */
  card(view: EditorView, ref: string): Promise<Card>;
}

/** Milliseconds that the pointer rests on a reference before its card is requested. */
const HOVER_MS = 300;

const REFERENCE = Decoration.mark({ class: 'nbm-lab-reference' });
/** In the line of a magic `#` does not begin a comment, as the grammar of Python supposes. */
const MAGIC_LINE = Decoration.line({ class: 'nbm-lab-magic' });

/** The extension of one editor. */
export function editorReferences(source: CardSource): Extension {
  const highlight = ViewPlugin.define((view) => new Highlight(view, source), {
    decorations: (plugin) => plugin.decorations,
  });
  const hover = hoverTooltip(
    async (view, position) => {
      const span = source.isPython() ? referenceAt(view.state.doc, position) : null;
      const card = span && (await source.card(view, span.ref));
      // Only one card at a time: the one that the user requested stays until it closes.
      return card && !view.state.field(requestedField) ? tooltip(span, card) : null;
    },
    { hoverTime: HOVER_MS, hideOnChange: true },
  );
  // Outside of the cell, which would cut the card off.
  return [highlight, hover, requestedCard, tooltips({ parent: document.body })];
}

/** Show the card of the reference at the cursor; returns whether there is one. */
export async function showCardAtCursor(view: EditorView, source: CardSource): Promise<boolean> {
  const { doc, selection } = view.state;
  const span = referenceAt(doc, selection.main.head);
  if (!span) {
    return false;
  }
  const card = await source.card(view, span.ref);
  if (view.state.doc.eq(doc)) {
    view.dispatch({
      effects: [
        closeHoverTooltips,
        setRequestedCard.of(tooltip(span, card)),
        EditorView.announce.of(card.sentence),
      ],
    });
  }
  return true;
}

/** The reference at a position, if its line belongs to one of our magics. */
export function referenceAt(doc: Text, position: number): ReferenceSpan | null {
  const line = doc.lineAt(position);
  if (!belongsToMagic(doc, line.number)) {
    return null;
  }
  const at = position - line.from;
  const reference = referencesIn(line.text).find(({ from, to }) => from <= at && at <= to);
  return reference
    ? { ...reference, from: reference.from + line.from, to: reference.to + line.from }
    : null;
}

/** Whether a line calls a magic, or continues one. */
function belongsToMagic(doc: Text, number: number): boolean {
  let first = number;
  while (first > 1 && isContinued(doc.line(first - 1).text)) {
    first -= 1;
  }
  return isMagicLine(doc.line(first).text);
}

class Highlight {
  decorations: DecorationSet;

  constructor(
    view: EditorView,
    private readonly source: CardSource,
  ) {
    this.decorations = this.decorate(view);
  }

  update(update: ViewUpdate): void {
    const isPython = this.source.isPython();
    if (update.docChanged || update.viewportChanged || isPython !== this.wasPython) {
      this.decorations = this.decorate(update.view);
    }
  }

  private decorate({ state: { doc }, visibleRanges }: EditorView): DecorationSet {
    this.wasPython = this.source.isPython();
    const ranges = [];
    for (const { from, to } of this.wasPython ? visibleRanges : []) {
      for (let line = doc.lineAt(from); ; line = doc.line(line.number + 1)) {
        if (belongsToMagic(doc, line.number)) {
          ranges.push(MAGIC_LINE.range(line.from));
          for (const span of referencesIn(line.text)) {
            ranges.push(REFERENCE.range(line.from + span.from, line.from + span.to));
          }
        }
        if (line.to >= to) {
          break;
        }
      }
    }
    return Decoration.set(ranges, true);
  }

  private wasPython = false;
}

const setRequestedCard = StateEffect.define<Tooltip | null>();

/** The card that the user requested; it closes when the text, the cursor or the focus moves. */
const requestedField = StateField.define<Tooltip | null>({
  create: () => null,
  update: (card, transaction) => {
    const moved = transaction.docChanged || transaction.selection;
    return transaction.effects.reduce<Tooltip | null>(
      (last, effect) => (effect.is(setRequestedCard) ? effect.value : last),
      moved ? null : card,
    );
  },
  provide: (field) => showTooltip.from(field),
});

const requestedCard = [
  requestedField,
  EditorView.domEventHandlers({
    blur: (_, view) => view.dispatch({ effects: setRequestedCard.of(null) }),
  }),
];

function tooltip({ from, to }: ReferenceSpan, { node }: Card): Tooltip {
  return { pos: from, end: to, above: true, create: () => ({ dom: node }) };
}
