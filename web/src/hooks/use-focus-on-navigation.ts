import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/**
 * A new page takes the focus, so that the next Tab is inside it and a screen reader begins to read it.
 * Not when it put the focus somewhere itself, and not when only the query of the address changed.
 */
export function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const router = useRouter();

  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged || main.current?.contains(document.activeElement)) return;
        main.current?.focus({ preventScroll: true });
      }),
    [router],
  );
  return main;
}
