import { signal } from "@preact/signals";
import { useId, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";

interface Asking {
  /** A wrong key is asked for again, in an empty form. */
  readonly id: number;
  readonly reason: string;
  readonly answer: (key: string | null) => void;
}

const asking = signal<Asking | null>(null);
let lastId = 0;

/** Asks the reader for a key, saying why; resolves with null where none is given. */
export function askForKey(reason: string): Promise<string | null> {
  asking.value?.answer(null);
  lastId += 1;
  return new Promise((resolve) => {
    asking.value = {
      id: lastId,
      reason,
      answer: (key) => {
        asking.value = null;
        resolve(key);
      },
    };
  });
}

/** Stands once on the page; shows itself when somebody asks for a key. */
export function KeyDialog() {
  const { value } = asking;
  return value === null ? null : <KeyForm key={value.id} {...value} />;
}

function KeyForm({ reason, answer }: Asking) {
  const [key, setKey] = useState("");
  const field = useId();
  return (
    <Dialog title="A key is needed" isForm onClose={() => answer(null)}>
      <p>{reason}</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          answer(key.trim());
        }}
      >
        <label class="field" for={field}>
          <span class="field-label">Access key</span>
          <input
            id={field}
            type="password"
            autocomplete="off"
            required
            pattern="[!-~]+"
            title="Letters, digits and signs, without a space"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
          <span class="field-hint">It is kept in this tab alone, until you close it.</span>
        </label>
        <div class="form-actions">
          <Button onClick={() => answer(null)}>Cancel</Button>
          <Button kind="primary" type="submit">
            Use this key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
