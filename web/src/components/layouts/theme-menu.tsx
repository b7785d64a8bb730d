import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, Monitor, Moon, Sun } from "lucide-react";

import { buttonClass } from "@/components/ui/button";
import { menuClass, menuItemClass } from "@/components/ui/dialog-styles";
import { useTheme } from "@/hooks/use-theme";
import { type Theme, THEMES } from "@/lib/theme";

const looks = {
  system: { label: "Like the system", icon: Monitor },
  light: { label: "Light", icon: Sun },
  dark: { label: "Dark", icon: Moon },
};

export function ThemeMenu() {
  const [theme, setTheme] = useTheme();
  const Current = looks[theme].icon;
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={buttonClass("ghost", true)} aria-label={`Theme: ${looks[theme].label}`}>
        <Current aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className={menuClass} align="end" sideOffset={6} collisionPadding={8}>
          <Menu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {THEMES.map((option) => {
              const { label, icon: Icon } = looks[option];
              return (
                <Menu.RadioItem key={option} value={option} className={menuItemClass}>
                  <Icon aria-hidden />
                  {label}
                  <Menu.ItemIndicator className="ml-auto">
                    <Check aria-hidden />
                  </Menu.ItemIndicator>
                </Menu.RadioItem>
              );
            })}
          </Menu.RadioGroup>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
