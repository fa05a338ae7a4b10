/** The kernel behind a widget, as far as the page knows it. */

/** The part of a Lumino signal that is used. */
interface Signal<T> {
  connect(slot: (sender: unknown, value: T) => void): unknown;
  disconnect(slot: (sender: unknown, value: T) => void): unknown;
}

/** The part of a message from or to a kernel that is used. */
export interface KernelMessage {
  readonly direction: 'send' | 'recv';
  readonly msg: {
    readonly header: { readonly msg_type: string };
    readonly content: {
      readonly comm_id?: string;
      readonly data?: {
        readonly method?: string;
        readonly content?: unknown;
        readonly state?: Readonly<Record<string, unknown>>;
      };
    };
  };
}

/** The part of JupyterLab's `IKernelConnection` that is used. */
export interface KernelConnection {
  readonly status: string;
  readonly statusChanged: Signal<string>;
  /** Sent when the user chooses another kernel, or ends this one. */
  readonly disposed?: Signal<unknown>;
  /** Sent for each message, before anything else reads it. */
  readonly anyMessage?: Signal<KernelMessage>;
}

/** Statuses after which the objects of a kernel are lost. */
const ENDED = new Set(['restarting', 'autorestarting', 'terminating', 'dead']);

/** Watches a kernel; without a connection it knows nothing and reports nothing. */
export class KernelWatch {
  private readonly changed = (_: unknown, status: string): void => {
    if (ENDED.has(status)) {
      this.ended();
    }
  };
  private readonly gone = (): void => this.ended();

  constructor(
    private readonly kernel: KernelConnection | null,
    private readonly ended: () => void,
  ) {
    kernel?.statusChanged.connect(this.changed);
    kernel?.disposed?.connect(this.gone);
  }

  /** Whether the kernel waits for messages; null if that is unknown. */
  get idle(): boolean | null {
    const { status = 'unknown' } = this.kernel ?? {};
    return status === 'unknown' ? null : status === 'idle';
  }

  dispose(): void {
    this.kernel?.statusChanged.disconnect(this.changed);
    this.kernel?.disposed?.disconnect(this.gone);
  }
}

/**
 * The kernel of a widget: JupyterLab's widget managers name it, other front ends do not.
 *
 * A manager is not part of anywidget's interface, so nothing is assumed of it.
 */
export function kernelOf(manager: unknown): KernelConnection | null {
  const kernel = (manager as { kernel?: Partial<KernelConnection> | null } | undefined)?.kernel;
  return typeof kernel?.status === 'string' && kernel.statusChanged
    ? (kernel as KernelConnection)
    : null;
}
