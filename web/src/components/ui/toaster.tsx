import clsx from "clsx";
import { CircleCheck, TriangleAlert, X } from "lucide-react";
import { useEffect, useRef, useSyncExternalStore } from "react";

import { type Toast, toasts } from "@/lib/toasts";

const SHOWN_MS = { neutral: 6_000, danger: 12_000 };

/** Shows what `toasts.show("…")` says anywhere; mounted once, by the frame. */
export function Toaster() {
  const shown = useSyncExternalStore(toasts.subscribe, toasts.getShown);
  return (
    <div role="region" aria-label="Notifications" aria-live="polite" className="contents">
      {shown.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const card = useRef<HTMLDivElement>(null);
  const close = () => toasts.dismiss(toast.id);

  useEffect(() => {
    const timer = setInterval(() => {
      // It stays while somebody reads it or is about to press its button.
      if (!card.current?.matches(":hover, :focus-within")) toasts.dismiss(toast.id);
    }, SHOWN_MS[toast.tone]);
    return () => clearInterval(timer);
  }, [toast]);

  const Icon = toast.tone === "danger" ? TriangleAlert : CircleCheck;
  return (
    <div
      ref={card}
      className="appear pointer-events-auto flex max-w-sm items-center gap-2.5 rounded-xl border border-line bg-surface py-2 pr-1.5 pl-3 text-[0.8125rem] shadow-xl"
    >
      <Icon aria-hidden className={clsx("size-4 shrink-0", toast.tone === "danger" ? "text-danger" : "text-accent")} />
      <span className="min-w-0 flex-1 wrap-anywhere">{toast.text}</span>
      {toast.action && (
        <button
          type="button"
          className="shrink-0 px-1 font-medium text-accent-strong underline-offset-2 hover:underline"
          onClick={() => {
            toast.action?.onPress();
            close();
          }}
        >
          {toast.action.label}
        </button>
      )}
      <button type="button" aria-label="Dismiss" onClick={close} className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:text-ink">
        <X aria-hidden className="size-3.5" />
      </button>
    </div>
  );
}
