import { Link, type LinkProps } from "@tanstack/react-router";
import clsx from "clsx";
import { LayoutDashboard, type LucideIcon, MessagesSquare, Settings } from "lucide-react";

interface NavItem {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  icon: LucideIcon;
}

const items: readonly NavItem[] = [
  { to: "/", label: "Overview", icon: LayoutDashboard },
  { to: "/sessions", label: "Sessions", icon: MessagesSquare },
  { to: "/settings", label: "Settings", icon: Settings },
];

const itemClass = {
  side: "h-8 gap-2.5 rounded-lg px-2 text-[0.8125rem] data-[status=active]:bg-hover data-[status=active]:text-ink",
  bar: "h-14 flex-1 flex-col justify-center gap-0.5 text-2xs data-[status=active]:text-accent-strong",
};

export function NavLinks({ orientation }: { orientation: "side" | "bar" }) {
  return (
    <ul className={orientation === "side" ? "grid gap-0.5" : "flex"}>
      {items.map(({ to, label, icon: Icon }) => (
        <li key={label} className={clsx(orientation === "bar" && "flex flex-1")}>
          <Link
            to={to}
            activeOptions={{ exact: to === "/", includeSearch: false }}
            className={clsx("flex items-center font-medium text-muted transition-colors hover:text-ink", itemClass[orientation])}
          >
            <Icon aria-hidden className={orientation === "side" ? "size-4" : "size-5"} />
            {label}
          </Link>
        </li>
      ))}
    </ul>
  );
}
