/**
 * A comm of a kernel, over the server's web socket.
 *
 * The page of `nbmodel dashboard` needs only one widget. It speaks Jupyter's messaging protocol
 * (5.3, "Custom Messages") itself, so that it need not load JupyterLab's widget manager.
 */

/** 32 hex digits; `randomUUID` exists on loopback and https only. */
function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

type Listener = (content: unknown) => void;

interface Message {
  header?: { msg_type?: string };
  content?: { comm_id?: string; data?: { method?: string; content?: unknown } };
}

export class Channel {
  private readonly session = random();
  private readonly waiting: string[] = [];
  private readonly listeners = new Set<Listener>();
  private readonly socket: WebSocket;
  private count = 0;

  /** `ended` is called once, when the server or the kernel has ended. */
  constructor(
    base: string,
    kernel: string,
    private readonly comm: string,
    ended: () => void,
  ) {
    const path = `${base}api/kernels/${encodeURIComponent(kernel)}/channels`;
    const url = new URL(path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('session_id', this.session);
    this.socket = new WebSocket(url);
    this.socket.onopen = () => {
      this.waiting.splice(0).forEach((text) => this.socket.send(text));
    };
    this.socket.onmessage = (event) => this.hear(event.data);
    this.socket.onclose = ended;
  }

  listen(listener: Listener): void {
    this.listeners.add(listener);
  }

  ignore(listener: Listener): void {
    this.listeners.delete(listener);
  }

  tell(content: unknown): void {
    this.listeners.forEach((listener) => listener(content));
  }

  send(content: unknown): void {
    this.count += 1;
    const text = JSON.stringify({
      channel: 'shell',
      header: {
        msg_id: `${this.session}_${this.count}`,
        msg_type: 'comm_msg',
        session: this.session,
        username: '',
        date: new Date().toISOString(),
        version: '5.3',
      },
      parent_header: {},
      metadata: {},
      content: { comm_id: this.comm, data: { method: 'custom', content } },
    });
    if (this.socket.readyState === WebSocket.CONNECTING) {
      this.waiting.push(text);
    } else {
      this.socket.send(text);
    }
  }

  private hear(data: unknown): void {
    if (typeof data !== 'string') {
      return; // only messages with buffers are binary, and nbmodel's have none
    }
    const message = JSON.parse(data) as Message;
    const { comm_id: comm, data: inner } = message.content ?? {};
    if (
      message.header?.msg_type === 'comm_msg' &&
      comm === this.comm &&
      inner?.method === 'custom'
    ) {
      this.tell(inner.content);
    }
  }
}
