import type { ComponentChildren, JSX } from "preact";

interface ButtonProps {
  readonly children: ComponentChildren;
  /** primary: what the form or view is for. danger: what cannot be taken back. */
  readonly kind?: "plain" | "primary" | "danger";
  readonly type?: "button" | "submit";
  /** Shows that it is at work, and cannot be pressed meanwhile. */
  readonly isBusy?: boolean;
  readonly disabled?: boolean;
  readonly onClick?: JSX.MouseEventHandler<HTMLButtonElement>;
  /** In place of its text, for a screen reader. */
  readonly label?: string;
}

export function Button({
  children,
  kind = "plain",
  type = "button",
  isBusy = false,
  disabled = false,
  onClick,
  label,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      disabled={disabled}
      // One that is disabled loses the focus of the reader who pressed it.
      {...(isBusy ? { "aria-disabled": true, "aria-busy": true } : {})}
      onClick={(event) => {
        if (isBusy) {
          event.preventDefault();
        } else {
          onClick?.(event);
        }
      }}
      {...(label === undefined ? {} : { "aria-label": label })}
    >
      {children}
    </button>
  );
}

interface IconButtonProps {
  /** What it does; shown as a tooltip and told to a screen reader. */
  readonly label: string;
  readonly children: ComponentChildren;
  /** Of a button that is on or off; left out where it is neither. */
  readonly isPressed?: boolean;
  readonly disabled?: boolean;
  /** Shows that it is at work, and cannot be pressed meanwhile. */
  readonly isBusy?: boolean;
  readonly onClick: JSX.MouseEventHandler<HTMLButtonElement>;
}

/** A button that shows an icon alone. */
export function IconButton(props: IconButtonProps) {
  const { label, children, isPressed, disabled, isBusy = false, onClick } = props;
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      disabled={disabled ?? false}
      {...(isBusy ? { "aria-disabled": true, "aria-busy": true } : {})}
      onClick={(event) => {
        if (!isBusy) {
          onClick(event);
        }
      }}
      {...(isPressed === undefined ? {} : { "aria-pressed": isPressed })}
    >
      {children}
    </button>
  );
}
