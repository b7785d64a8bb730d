import { Link, type LinkProps } from "@tanstack/react-router";
import clsx from "clsx";
import { Eraser, FlaskConical, LayoutDashboard, type LucideIcon, MessagesSquare, Search, Settings } from "lucide-react";

import { oneOrSeveral } from "@/lib/sources";

interface NavItem {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  icon: LucideIcon;
  /** Takes the chosen agent along. */
  isFiltered?: boolean;
  /** On phones it is in the account menu. */
  isSideOnly?: boolean;
}

const items: readonly NavItem[] = [
  { to: "/", label: "Overview", icon: LayoutDashboard, isFiltered: true },
  { to: "/sessions", label: "Sessions", icon: MessagesSquare, isFiltered: true },
  { to: "/search", label: "Search", icon: Search, isFiltered: true },
  { to: "/evals", label: "Evals", icon: FlaskConical },
  { to: "/cleanup", label: "Clean-up", icon: Eraser },
  { to: "/settings", label: "Settings", icon: Settings, isSideOnly: true },
];

const itemClass = {
  side: "h-8 gap-2.5 rounded-lg px-2 text-[0.8125rem] hover:bg-hover/60 data-[status=active]:bg-hover data-[status=active]:text-ink",
  bar: "h-14 flex-1 flex-col justify-center gap-0.5 text-2xs -outline-offset-2 data-[status=active]:text-accent-strong",
};

interface NavLinksProps {
  orientation: "side" | "bar";
  sources: readonly string[];
}

export function NavLinks({ orientation, sources }: NavLinksProps) {
  const isSide = orientation === "side";
  return (
    <ul className={isSide ? "grid gap-0.5" : "flex"}>
      {items
        .filter((item) => isSide || !item.isSideOnly)
        .map(({ to, label, icon: Icon, isFiltered }) => (
          <li key={label} className={clsx(!isSide && "flex flex-1")}>
            <Link
              to={to}
              search={isFiltered && sources.length > 0 ? { source: oneOrSeveral(sources) } : {}}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              className={clsx("flex items-center font-medium text-muted transition-colors hover:text-ink", itemClass[orientation])}
            >
              <Icon aria-hidden className={isSide ? "size-4" : "size-5"} />
              {label}
            </Link>
          </li>
        ))}
    </ul>
  );
}
