/**
 * The module that anywidget imports for each of our widgets. It imports the real one.
 *
 * anywidget drops every later message of a widget whose module takes more than two seconds to
 * import (its `Runtime.ready`). On a busy machine a large module does, so this one is tiny: the
 * large one comes when the view is drawn, without a time limit, and once for all views of a page.
 */

/** How anywidget draws a view; what it returns ends the view. */
type Render = (options: RenderOptions) => () => void;

interface RenderOptions {
  /** `script`: text of the widget's own module. */
  model: { get(name: string): unknown };
  el: HTMLElement;
}

interface WidgetModule {
  default: { render: Render };
}

const modules = new Map<string, Promise<WidgetModule>>();

function imported(script: string): Promise<WidgetModule> {
  let promise = modules.get(script);
  if (!promise) {
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    promise = (import(url) as Promise<WidgetModule>).finally(() => URL.revokeObjectURL(url));
    promise.catch(() => modules.delete(script)); // the next view tries again
    modules.set(script, promise);
  }
  return promise;
}

async function render(options: RenderOptions): Promise<() => void> {
  const widget = await imported(options.model.get('script') as string);
  return widget.default.render(options);
}

export default { render };
