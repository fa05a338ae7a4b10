/**
 * The whole panel: an overview of what is live, and the table of versions behind it. Where the page
 * belongs to the panel, its address says what is shown.
 */

import { HomeView } from './home/home';
import { hashOf, routeOf, type Route } from './data/route';
import { focusOn } from './ui/focus';
import type { PanelOptions } from './data/opening';
import type { Source } from './data/source';
import { drawPanel, Panel } from './panel';

export interface AppOptions extends PanelOptions {
  /** Whether the page's address names the view. Only a page without other content allows that. */
  inAddress?: boolean;
}

/** Draw the panel into `host`; returns a function that ends it. */
export function drawApp(host: HTMLElement, source: Source, options: AppOptions): () => void {
  if (!options.inAddress && !options.opening.home) {
    return drawPanel(host, source, options);
  }
  return new App(host, source, options).start();
}

class App {
  private readonly home: HomeView;
  private panel: Panel | null = null;
  private route: Route = { view: 'home' };
  /** The route that the panel will show next; null while it shows the current one. */
  private target: Route | null = null;
  /** Whether the first view was chosen; it leaves the focus where it is. */
  private started = false;
  /** Answers that came with the page, until the registry changes. */
  private initial: PanelOptions['initial'];

  constructor(
    private readonly host: HTMLElement,
    private readonly source: Source,
    private readonly options: AppOptions,
  ) {
    const { title, note, inAddress = false } = options;
    const navigation = { inAddress, go: (route: Route) => this.open(route) };
    this.initial = options.initial;
    this.home = new HomeView(source, { title, note, navigation });
  }

  start(): () => void {
    const { host, home, source, options } = this;
    const { initial } = options;
    host.append(home.element);
    if (initial?.home) {
      home.show(initial.registry, initial.home);
    }
    const stop = source.onChange(() => {
      this.initial = undefined;
      home.changed();
    });
    addEventListener('hashchange', this.follow);
    this.go(this.first());
    return () => {
      removeEventListener('hashchange', this.follow);
      stop();
      home.end();
      this.panel?.end();
    };
  }

  /** What the address names, else what the opening names, else the overview if there is one. */
  private first(): Route {
    const { opening, inAddress, initial } = this.options;
    const route = inAddress ? routeOf(location.hash) : null;
    if (route) {
      return route;
    }
    if (opening.model) {
      return { view: 'version', ref: opening.version ?? opening.model, tab: '' };
    }
    return initial?.home?.total === 0 ? { view: 'versions' } : { view: 'home' };
  }

  private readonly follow = (): void => {
    if (this.options.inAddress) {
      const route = this.first();
      if (hashOf(route) !== hashOf(this.route)) {
        this.go(route);
      }
    }
  };

  /** Follow a link. A sandboxed frame would load nothing for a link to its own address. */
  private open(route: Route): void {
    if (this.options.inAddress) {
      if (hashOf(route) === hashOf(this.route)) {
        return;
      }
      setAddress('pushState', route);
    }
    this.go(route);
  }

  /** Show a view. The focus follows from the overview to the panel and back. */
  private go(route: Route): void {
    const { home } = this;
    const moved = this.started && (route.view === 'home') !== (this.route.view === 'home');
    this.started = true;
    this.route = route;
    home.hide(route.view !== 'home');
    if (route.view === 'home') {
      this.panel?.hide(true);
      if (moved) {
        focusOn(home.heading);
      }
      return;
    }
    this.target = route;
    const panel = (this.panel ??= this.makePanel());
    panel.hide(false);
    if (moved) {
      focusOn(panel.heading);
    }
    void panel.go(route).finally(() => {
      if (moved && document.activeElement === panel.heading) {
        panel.focus(); // on the details, which have arrived
      }
      if (this.target === route) {
        this.target = null; // it could not be shown
      }
    });
  }

  private makePanel(): Panel {
    const { host, source, options } = this;
    const { inAddress = false } = options;
    const panel = new Panel(host, source, {
      ...options,
      initial: this.initial,
      opening: options.opening.model ? { model: options.opening.model, silent: true } : {},
      navigation: { inAddress, go: (route) => this.open(route) },
      onRoute: (route) => this.shown(route),
    });
    panel.start();
    return panel;
  }

  /** The panel shows something: the address follows. */
  private shown(route: Route): void {
    const { target } = this;
    if (this.route.view === 'home') {
      return;
    }
    if (target && target.view === route.view) {
      this.target = null; // the typed address stays, such as that of a stage
      return;
    }
    const before = this.route;
    this.route = route;
    if (!this.options.inAddress || hashOf(route) === location.hash) {
      return;
    }
    const sameVersion =
      before.view === 'version' && route.view === 'version' && before.ref === route.ref;
    setAddress(sameVersion ? 'replaceState' : 'pushState', route);
  }
}

function setAddress(how: 'pushState' | 'replaceState', route: Route): void {
  try {
    history[how](null, '', hashOf(route));
  } catch (error) {
    if (!(error instanceof DOMException)) {
      throw error;
    }
    console.warn('nbmodel: the address of this page cannot name the view', error);
  }
}
