import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { openDialogs } from './state.ts';

interface DialogProps {
  readonly title: string;
  /** It cannot be closed while this holds. */
  readonly isBusy?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog over everything else; Esc closes it. While one is open, the page reads nothing anew. */
export function Dialog({ title, isBusy = false, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    openDialogs.value += 1;
    dialog?.showModal();
    return () => {
      openDialogs.value -= 1;
      // Gives the keyboard back to who had it before.
      dialog?.close();
    };
  }, []);
  // What one wants first, and again where what is asked has changed.
  useLayoutEffect(() => element.current?.querySelector<HTMLElement>('[data-first]')?.focus(), [title]);
  const close = (event: Event) => {
    event.preventDefault();
    if (!isBusy) onClose();
  };
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onCancel={close}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}
