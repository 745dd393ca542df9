import { Upload } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

interface DropZoneProps {
  readonly children: ComponentChildren;
  readonly onFiles: (files: Iterable<File>) => void;
}

/** Takes files that are dropped anywhere on the page while its view is open. */
export function DropZone({ children, onFiles }: DropZoneProps) {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") === true) {
        event.preventDefault();
        setIsOver(true);
      }
    };
    const leave = (event: DragEvent) => {
      // Between two elements of the page, it goes on over the other one.
      if (event.relatedTarget === null) {
        setIsOver(false);
      }
    };
    const drop = (event: DragEvent) => {
      setIsOver(false);
      if (event.dataTransfer !== null && event.dataTransfer.files.length > 0) {
        event.preventDefault();
        onFiles(event.dataTransfer.files);
      }
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, [onFiles]);
  return (
    <>
      {children}
      {isOver ? (
        <div class="drop-here" aria-hidden="true">
          <div class="drop-here-inside">
            <Upload />
            <span>Drop the files to import them</span>
          </div>
        </div>
      ) : null}
    </>
  );
}
