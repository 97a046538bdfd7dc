import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { Icon } from "./icons";
import { Toast } from "./toast";

interface ModalProps {
  title: string;
  wide?: boolean;
  /** A drawer at the window's edge. */
  side?: boolean;
  children: ComponentChildren;
}

/** The browser's own dialog: it traps focus, closes on Escape and gives focus back. */
export function Modal({ title, wide = false, side = false, children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null);
  const gone = useRef(false);
  useEffect(() => {
    const shown = element.current;
    shown?.showModal();
    return () => {
      // Closing gives focus back to where it was; only leaving the page's tree would lose it.
      gone.current = true;
      shown?.close();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={wide ? "wide" : side ? "side" : ""}
      aria-label={title}
      onClose={() => gone.current || closeDialog()}
      onClick={(event) => event.target === element.current && closeDialog()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2>{title}</h2>
          <button class="quiet icon-button" aria-label="Close" onClick={closeDialog}><Icon name="close" /></button>
        </header>
        {children}
      </div>
      <Toast />
    </dialog>
  );
}
