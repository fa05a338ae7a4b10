"""Debian's Chromium without a network. A page must not ask other machines, alert or fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

EXECUTABLE = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Requests that Playwright does not route (sockets, preconnects) fail at the name resolution.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
OUTSIDE = re.compile(r"^(?!(https?|wss?)://(127\.0\.0\.1|localhost)[:/])(https?|wss?)://")
OURS = re.compile(r"nbmodel|anywidget|panel\.js|page\.js|Content.Security.Policy", re.IGNORECASE)


def launch(playwright: Playwright) -> Browser:
    """A headless browser that cannot resolve the names of other machines."""
    return playwright.chromium.launch(executable_path=EXECUTABLE, args=[*FLAGS, OFFLINE])


@dataclass
class Watch:
    """Records what must not happen in any page of a context."""

    outside: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def page(self, page: Page) -> None:
        """Listen to a new page."""
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self._error(f"{error}\n{error.stack}"))
        page.on("console", lambda said: said.type == "error" and self._error(said.text))
        page.on("request", lambda request: self._request(request.url))
        page.on("requestfailed", self._failed)
        page.on("websocket", lambda socket: self._request(socket.url))

    def forget(self) -> None:
        """Remove all records before the next test."""
        for seen in (self.outside, self.dialogs, self.errors):
            seen.clear()

    def assert_quiet(self) -> None:
        """Fail if there is a record."""
        assert not self.outside, f"requests to other machines: {self.outside}"
        assert not self.dialogs, f"dialogs were opened: {self.dialogs}"
        assert not self.errors, "errors in our code:\n" + "\n".join(self.errors)

    def _dialog(self, dialog) -> None:
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _error(self, text: str) -> None:
        if OURS.search(text):
            self.errors.append(text)

    def _request(self, url: str) -> None:
        if OUTSIDE.match(url):
            self.outside.append(url)

    def _failed(self, request: Request) -> None:
        # Chromium at times reports a request that a policy refused: it never left the browser.
        if request.failure == "csp" and request.url in self.outside:
            self.outside.remove(request.url)


@contextmanager
def watched(browser: Browser, **options) -> Iterator[tuple[BrowserContext, Watch]]:
    """A context that aborts and records each request to another machine."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(15_000)
    context.set_default_navigation_timeout(60_000)  # Voilà starts a kernel for each page
    watch = Watch()
    context.route(OUTSIDE, lambda route: route.abort())
    context.on("page", watch.page)
    try:
        yield context, watch
    finally:
        context.close()


# -- elements made from hostile text ------------------------------------------

# Shadow roots are included. Hostile texts hold these elements, and our own pages do not.
_LIVE = """() => {
  const found = [];
  const visit = root => {
    for (const node of root.querySelectorAll('*')) {
      for (const {name, value} of node.attributes) {
        if (/^on/.test(name) && /alert/.test(value)) found.push(node.outerHTML.slice(0, 200));
        if (/^(href|src|action|formaction|xlink:href|data)$/.test(name)
            && /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text)/i.test(value))
          found.push(node.outerHTML.slice(0, 200));
      }
      if (node.matches('img[src="x"], iframe[srcdoc], object, embed, base, animate'))
        found.push(node.outerHTML.slice(0, 200));
      if (node.localName === 'script' && /^\\s*alert\\(/.test(node.textContent))
        found.push(node.outerHTML.slice(0, 200));
      if (node.shadowRoot) visit(node.shadowRoot);
    }
  };
  visit(document);
  return found;
}"""


def live_markup(page: Page) -> list[str]:
    """Elements that were made from hostile text; there must be none."""
    return page.evaluate(_LIVE)
