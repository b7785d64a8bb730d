import { useSyncExternalStore } from "react";

import { getTheme, setTheme, subscribeTheme } from "@/lib/theme";

export function useTheme() {
  return [useSyncExternalStore(subscribeTheme, getTheme), setTheme] as const;
}
