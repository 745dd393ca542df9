import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import "./popover.css";

/** Room between the button, the popover and the edge of the page, CSS pixels. */
const GAP = 6;

interface PopoverProps {
  /** What is in it; told to a screen reader. */
  readonly label: string;
  /** What its button shows. */
  readonly button: ComponentChildren;
  /** Whether something in it is on: the button is shown as pressed. */
  readonly isOn?: boolean;
  /** Drawn while it is open; `close` gives the focus back to the button. */
  readonly children: (close: () => void) => ComponentChildren;
}

/**
 * A button and what it opens beside it. The browser closes it on Escape and on a press elsewhere, and
 * gives the focus back.
 */
export function Popover({ label, button, isOn = false, children }: PopoverProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button
        ref={opener}
        type="button"
        class={isOn ? "button button-quiet popover-button-on" : "button button-quiet"}
        popovertarget={id}
      >
        {button}
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        class="popover"
        onBeforeToggle={(event) => {
          if (event.newState === "open") {
            place(event.currentTarget, opener.current);
          }
          setIsOpen(event.newState === "open");
        }}
      >
        {isOpen ? children(() => popover.current?.hidePopover()) : null}
      </div>
    </>
  );
}

/** Below the button, its left edge at the button's where there is room; popover.css takes it from there. */
function place(popover: HTMLElement, opener: HTMLElement | null): void {
  const { left = 0, bottom = 0 } = opener?.getBoundingClientRect() ?? {};
  popover.style.setProperty("--popover-left", `${left}px`);
  popover.style.setProperty("--popover-top", `${bottom + GAP}px`);
}
