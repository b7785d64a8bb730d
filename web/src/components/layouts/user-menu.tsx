import { Link } from "@tanstack/react-router";
import { BookOpen, Keyboard, LogOut, Settings, ShieldCheck } from "lucide-react";

import { Avatar } from "@/components/ui/avatar";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLink, MenuRadioGroup, MenuSeparator } from "@/components/ui/menu";
import { useMe } from "@/hooks/use-auth-sync";
import { useTheme } from "@/hooks/use-theme";

import { themeOptions } from "./theme-options";

export function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { user, isAdmin, signOutUrl, version } = useMe();
  const [theme, setTheme] = useTheme();
  return (
    <Menu
      trigger={
        <Button variant="ghost" isIcon aria-label="Account">
          <Avatar user={user} size="sm" />
        </Button>
      }
    >
      <div className="max-w-64 px-2.5 py-2">
        <p className="truncate font-medium">{user.name || user.email}</p>
        <p className="truncate text-xs text-muted">{user.email}</p>
      </div>
      <MenuSeparator />
      <MenuLink>
        <Link to="/settings">
          <Settings aria-hidden /> Settings
        </Link>
      </MenuLink>
      <MenuItem icon={Keyboard} onSelect={onShortcuts}>
        Keyboard shortcuts
      </MenuItem>
      <MenuLink>
        <a href="/docs">
          <BookOpen aria-hidden /> API reference
        </a>
      </MenuLink>
      {isAdmin && (
        <MenuLink>
          <a href="/_/">
            <ShieldCheck aria-hidden /> Admin
          </a>
        </MenuLink>
      )}
      {signOutUrl && (
        <MenuLink>
          <a href={signOutUrl}>
            <LogOut aria-hidden /> Sign out
          </a>
        </MenuLink>
      )}
      <div className="md:hidden">
        <MenuSeparator />
        <MenuRadioGroup label="Theme" value={theme} onChange={setTheme} options={themeOptions} />
      </div>
      <MenuSeparator />
      <p className="px-2.5 pt-1 pb-1 text-2xs text-muted">OpenSync {version}</p>
    </Menu>
  );
}
