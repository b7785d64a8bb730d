import { ArrowUpRight, BookOpen, ShieldCheck } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { useMe } from "@/hooks/use-auth-sync";

export function LinksSection() {
  const { isAdmin, version } = useMe();
  const links = [
    { href: "/docs", icon: BookOpen, label: "API reference", hint: "Every route, with its shapes" },
    ...(isAdmin ? [{ href: "/_/", icon: ShieldCheck, label: "Admin", hint: "PocketBase: collections, logs, backups" }] : []),
  ];
  return (
    <Section title="More" description={`OpenSync ${version}`}>
      <ul className="-mx-2 -mb-2">
        {links.map(({ href, icon: Icon, label, hint }) => (
          <li key={href}>
            <a href={href} className="flex items-center gap-3 rounded-lg px-2 py-2.5 transition-colors hover:bg-hover">
              <Icon aria-hidden className="size-4 text-muted" />
              <span className="flex-1">
                <span className="block font-medium">{label}</span>
                <span className="block text-xs text-muted">{hint}</span>
              </span>
              <ArrowUpRight aria-hidden className="size-4 text-muted" />
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}
