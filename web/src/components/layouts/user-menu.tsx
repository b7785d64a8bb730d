import * as Menu from "@radix-ui/react-dropdown-menu";
import { Link } from "@tanstack/react-router";
import { BookOpen, LogOut, Settings, ShieldCheck } from "lucide-react";

import { Avatar } from "@/components/ui/avatar";
import { buttonClass } from "@/components/ui/button";
import { menuClass, menuItemClass } from "@/components/ui/dialog-styles";
import { useMe } from "@/hooks/use-auth-sync";

export function UserMenu() {
  const { user, isAdmin, signOutUrl, version } = useMe();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={buttonClass("ghost", true)} aria-label="Account">
        <Avatar user={user} size="sm" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className={menuClass} align="end" sideOffset={6} collisionPadding={8}>
          <div className="max-w-64 px-2.5 py-2">
            <p className="truncate font-medium">{user.name || user.email}</p>
            <p className="truncate text-xs text-muted">{user.email}</p>
          </div>
          <Menu.Separator className="my-1 h-px bg-line" />
          <Menu.Item asChild className={menuItemClass}>
            <Link to="/settings">
              <Settings aria-hidden /> Settings
            </Link>
          </Menu.Item>
          <Menu.Item asChild className={menuItemClass}>
            <a href="/docs">
              <BookOpen aria-hidden /> API reference
            </a>
          </Menu.Item>
          {isAdmin && (
            <Menu.Item asChild className={menuItemClass}>
              <a href="/_/">
                <ShieldCheck aria-hidden /> Admin
              </a>
            </Menu.Item>
          )}
          {signOutUrl !== null && (
            <Menu.Item asChild className={menuItemClass}>
              <a href={signOutUrl}>
                <LogOut aria-hidden /> Sign out
              </a>
            </Menu.Item>
          )}
          <p className="px-2.5 pt-1.5 pb-1 text-2xs text-muted">OpenSync {version}</p>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
