import type { AnyModel } from "@anywidget/types";

/** The link to the kernel: whether it lives, and the only two ways to speak to it. */
export interface Life {
  alive(): boolean;
  send(content: { kind: "stop" | "resume" | "gone" | "here" }): void;
  write(state: Record<string, unknown>): void;
}

const views = new WeakMap<object, number>();

/**
 * anywidget hands each view its own proxy of the model, so the proxy cannot be what views are counted by;
 * the ipywidgets layout is one object for all of them. Other hosts have one view, or count by proxy.
 */
function identity(model: AnyModel): object {
  const layout: unknown = model.get("layout");
  return typeof layout === "object" && layout !== null ? layout : model;
}

function isAlive(model: AnyModel, el: HTMLElement): boolean {
  const { comm_live } = model as { comm_live?: boolean };
  // ipywidgets marks the element of every view whose comm is gone; anywidget's proxy hides the flag itself.
  return comm_live ?? el.closest(".jupyter-widgets-disconnected") === null;
}

export function joinLife(options: {
  model: AnyModel;
  el: HTMLElement;
  changed: () => void;
  signal: AbortSignal;
}): Life {
  const { model, el, changed, signal } = options;
  let alive = isAlive(model, el);
  const listen = () =>
    // The class is set by another listener of the same event, which may come after this one.
    queueMicrotask(() => {
      if (signal.aborted) return;
      alive = isAlive(model, el);
      changed();
    });
  model.on("comm_live_update", listen);

  const life: Life = {
    alive: () => alive,
    send(content) {
      if (!alive) return;
      try {
        model.send(content);
      } catch {
        // The kernel went away between the last event and this message; the event will follow.
      }
    },
    write(state) {
      for (const [name, value] of Object.entries(state)) model.set(name, value);
      if (alive) model.save_changes();
    },
  };

  const one = identity(model);
  const count = (views.get(one) ?? 0) + 1;
  views.set(one, count);
  if (count === 1) life.send({ kind: "here" });
  signal.addEventListener("abort", () => {
    model.off("comm_live_update", listen);
    const left = (views.get(one) ?? 1) - 1;
    views.set(one, left);
    if (left === 0) life.send({ kind: "gone" });
  });
  return life;
}
