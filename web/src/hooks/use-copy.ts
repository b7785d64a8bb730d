import { useEffect, useState } from "react";

export type CopyState = "idle" | "copied" | "failed";

export function useCopy() {
  const [state, setState] = useState<CopyState>("idle");

  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2_000);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async (text: string | Promise<string>) => {
    const isCopied = await writeClipboard(text).catch(() => false);
    setState(isCopied ? "copied" : "failed");
  };
  return { state, copy };
}

/** Rejects only with what `text` rejects with. */
async function writeClipboard(text: string | Promise<string>): Promise<boolean> {
  try {
    if (typeof text === "string" || typeof ClipboardItem === "undefined") await navigator.clipboard.writeText(await text);
    else await navigator.clipboard.write([promised(text)]);
    return true;
  } catch {
    return copyBySelection(await text);
  }
}

// A click allows a write for a moment only; one that begins within it may wait for its text.
function promised(text: Promise<string>): ClipboardItem {
  return new ClipboardItem({ "text/plain": text.then((known) => new Blob([known], { type: "text/plain" })) });
}

// The clipboard API is for secure contexts only; a homelab is often plain http.
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  // Inside an open dialog, whose focus trap would take the selection away elsewhere.
  const host = document.querySelector("[role=dialog],[role=alertdialog]") ?? document.body;
  const focused = document.activeElement;
  host.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without https
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
