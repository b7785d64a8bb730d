import { Button } from "@/components/ui/button";
import { Menu, MenuRadioGroup } from "@/components/ui/menu";
import { useTheme } from "@/hooks/use-theme";

import { themeOptions } from "./theme-options";

export function ThemeMenu() {
  const [theme, setTheme] = useTheme();
  const current = themeOptions.find(({ value }) => value === theme) ?? themeOptions[0];
  const Icon = current.icon;
  return (
    <Menu
      trigger={
        <Button variant="ghost" isIcon aria-label={`Theme: ${current.label}`}>
          <Icon aria-hidden />
        </Button>
      }
    >
      <MenuRadioGroup label="Theme" value={theme} onChange={setTheme} options={themeOptions} />
    </Menu>
  );
}
