import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { noticesIn } from "../shell/notices.tsx";
import { IconButton } from "./button.tsx";

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Whether something is typed into it: then a press beside it does not close it. Default false. */
  readonly isForm?: boolean;
  /** Called when the reader closes it: by its button, by Escape, by a press beside it. */
  readonly onClose: () => void;
}

/** A window in front of the page; the browser keeps the focus inside and gives it back. */
export function Dialog({ title, children, isForm = false, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isGone = useRef(false);
  const heading = useId();
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    const leave = current === null ? undefined : noticesIn(current);
    return () => {
      // Taken off the page while it is open, it would not give the focus back.
      isGone.current = true;
      leave?.();
      current?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={heading}
      closedby={isForm ? "closerequest" : "any"}
      onClose={() => {
        if (!isGone.current) {
          onClose();
        }
      }}
    >
      <div class="dialog-inside">
        <header class="dialog-header">
          <h2 id={heading}>{title}</h2>
          <IconButton label="Close" onClick={onClose}>
            <X aria-hidden="true" />
          </IconButton>
        </header>
        {children}
      </div>
    </dialog>
  );
}
