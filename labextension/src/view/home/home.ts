/** The overview: what is live in each stage, since when, who decided it, and whether it is well. */

import { ago, count } from '../data/format';
import { number } from '../data/numbers';
import { focusOn } from '../ui/focus';
import { repeat, whileVisible } from '../monitor/visibility';
import { fill, h, notice, skeleton, type Child } from '../ui/dom';
import { HeadLine, type HeadOptions } from '../ui/headLine';
import { routeLink, type Navigation } from '../ui/routeLink';
import { Notices } from '../tabs/notices';
import { toRequestError } from '../tabs/unreadable';
import { own } from '../data/own';
import type { Home, Registry, Tile } from '../data/answers';
import type { Source } from '../data/source';
import { trans } from '../translation';
import { awaitHealth, showHealth, showUnknown } from './health';
import { drawTile, type TileView } from './tile';
import { showTraffic } from './traffic';

/** Tiles in one request. */
const PAGE = 48;
/** Models whose health is in one request, so that the first tiles do not wait for the last. */
const MODELS_AT_ONCE = 8;
/** Milliseconds after which health is requested again while the overview is visible. */
const HEALTH_INTERVAL_MS = 60_000;

export type HomeOptions = HeadOptions & { navigation: Navigation };

export class HomeView {
  readonly element = h('div', {
    class: 'nbm nbm-home',
    hidden: true,
    'data-lm-suppress-shortcuts': 'true',
  });
  private readonly head: HeadLine;
  private readonly notices = new Notices();
  private readonly body = h('div', { class: 'nbm-home-body' }, skeleton(8));
  private home: Home | null = null;
  private drawn = '';
  private tiles: readonly TileView[] = [];
  private turn = 0;
  private visible = false;
  /** Whether the answers must be requested before they are shown. */
  private stale = true;

  constructor(
    private readonly source: Source,
    private readonly options: HomeOptions,
  ) {
    this.head = new HeadLine(options, 'home');
    const header = h('div', { class: 'nbm-head' }, this.head.element);
    fill(this.element, header, this.notices.element, this.body);
    whileVisible(this.element, () => this.live());
  }

  get heading(): HTMLElement {
    return this.head.heading;
  }

  end(): void {
    this.turn += 1;
    this.element.remove();
  }

  hide(hidden: boolean): void {
    this.element.hidden = hidden;
    if (!hidden && this.stale) {
      void this.refresh();
    }
  }

  /** The registry has changed; a hidden overview asks when it is shown again. */
  changed(): void {
    this.stale = true;
    this.hide(this.element.hidden);
  }

  /** Draw answers that came with the page. */
  show(registry: Registry, home: Home): void {
    this.stale = false;
    this.head.draw(registry);
    this.notices.problems(registry);
    this.setHome(home);
  }

  /** Request everything again. */
  async refresh(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    const limit = Math.max(PAGE, this.home?.tiles.length ?? 0);
    try {
      const [registry, home] = await Promise.all([
        this.source.ask('registry', {}),
        this.source.ask('home', { limit: Math.min(limit, 1000) }),
      ]);
      if (turn === this.turn) {
        this.show(registry, home);
      }
    } catch (error) {
      if (turn === this.turn) {
        this.notices.error(error, () => void this.refresh());
        if (!this.home) {
          fill(this.body);
        }
      }
    }
  }

  /** Draw the tiles again if they changed, so that a reader keeps place and focus. */
  private setHome(home: Home): void {
    this.home = home;
    const state = JSON.stringify(home);
    if (state === this.drawn) {
      return;
    }
    this.drawn = state;
    const { navigation } = this.options;
    this.tiles = home.tiles.map((tile) => drawTile(tile, navigation, this.source.can('monitor')));
    fill(this.body, this.tilesOf(home), this.unstaged(home));
    this.tiles.forEach(awaitHealth);
    this.watch();
  }

  private tilesOf(home: Home): Child {
    if (home.total === 0) {
      return notice(
        'empty',
        trans.__('No version holds a stage.'),
        trans.__('Give one to a version: %model_promote MODEL@1 prod -m REASON'),
      );
    }
    const rest = home.total - home.tiles.length;
    return [
      h('h2', null, trans.__('Live versions')),
      h(
        'ul',
        { class: 'nbm-tiles' },
        this.tiles.map(({ element }) => h('li', null, element)),
      ),
      rest > 0 &&
        h(
          'button',
          {
            type: 'button',
            class: 'nbm-button nbm-home-more',
            onclick: () => void this.more(),
          },
          trans.__('Show more (%1)', count(rest)),
        ),
    ];
  }

  private unstaged({ unstaged: { models, total } }: Home): Child {
    const { navigation } = this.options;
    if (total === 0) {
      return null;
    }
    const lines = models.map(({ row, metric }) =>
      h(
        'li',
        null,
        routeLink(
          navigation,
          { view: 'version', ref: row.ref, tab: '' },
          { class: 'nbm-tile-link' },
          row.ref,
        ),
        metric && h('span', null, `${metric.name} ${number(metric.value)}`),
        h('span', { class: 'nbm-faint' }, ago(row.time)),
      ),
    );
    const rest = total - models.length;
    return h(
      'section',
      null,
      h(
        'h2',
        null,
        trans._n('%2 model without a stage', '%2 models without a stage', total, count(total)),
      ),
      h('ul', { class: 'nbm-unstaged' }, lines),
      rest > 0 &&
        routeLink(
          navigation,
          { view: 'versions' },
          { class: 'nbm-tile-link' },
          trans.__('%1 more in the table of all versions', count(rest)),
        ),
    );
  }

  /** Add the next page of tiles. */
  private async more(): Promise<void> {
    const { home, turn } = this;
    if (!home) {
      return;
    }
    try {
      const page = await this.source.ask('home', { offset: home.tiles.length, limit: PAGE });
      if (turn === this.turn) {
        this.setHome({ ...home, total: page.total, tiles: home.tiles.concat(page.tiles) });
        // The button moved down: the reader goes on with what is new.
        focusOn(this.tiles[home.tiles.length]?.element.querySelector('h3 > *'));
      }
    } catch (error) {
      this.notices.error(error, () => void this.refresh());
    }
  }

  /** Ask what the tiles do not wait for; returns a function that ends it. */
  private live(): () => void {
    this.visible = true;
    this.watch();
    const stop = repeat(() => this.askHealth(), HEALTH_INTERVAL_MS);
    return () => {
      this.visible = false;
      stop();
    };
  }

  private watch(): void {
    if (this.visible) {
      void this.askHealth();
    }
  }

  /** Both answers read the prediction log; the tiles do not wait for them. */
  private async askHealth(): Promise<void> {
    const { home, tiles, source } = this;
    if (!home) {
      return;
    }
    const all = modelsOf(home);
    for (let begin = 0; begin < all.length && tiles === this.tiles; begin += MODELS_AT_ONCE) {
      const models = all.slice(begin, begin + MODELS_AT_ONCE);
      const views = tiles.filter((_, index) => models.includes(home.tiles[index]!.row.model));
      try {
        const [{ health }, { traffic, problems }] = await Promise.all([
          source.can('health') ? source.ask('health', { models }) : { health: {} },
          source.can('traffic') ? source.ask('traffic', { models }) : { traffic: {}, problems: {} },
        ]);
        if (tiles === this.tiles) {
          views.forEach((view) => {
            const tile = home.tiles[tiles.indexOf(view)]!;
            showHealth(view, ofStage(health, tile));
            showTraffic(view.traffic, ofStage(traffic, tile), own(problems, tile.row.model));
          });
        }
      } catch (error) {
        const { message } = toRequestError(error);
        views.forEach((view) => showUnknown(view, message));
      }
    }
  }
}

/** The entry of a tile's model and stage. */
function ofStage<T extends { stage: string }>(
  answers: Readonly<Record<string, readonly T[]>>,
  { row, stage }: Tile,
): T | undefined {
  return own(answers, row.model)?.find((each) => each.stage === stage);
}

function modelsOf({ tiles }: Home): string[] {
  return [...new Set(tiles.map(({ row }) => row.model))];
}
