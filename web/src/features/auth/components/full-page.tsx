import { type ReactNode } from "react";

export function FullPage({ children }: { children: ReactNode }) {
  return <main className="grid min-h-dvh place-items-center">{children}</main>;
}
