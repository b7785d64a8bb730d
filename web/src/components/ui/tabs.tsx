import * as RadixTabs from "@radix-ui/react-tabs";
import clsx from "clsx";
import { type ReactNode, useEffect, useRef } from "react";

export interface TabItem<T extends string> {
  value: T;
  label: ReactNode;
}

interface TabsProps<T extends string> {
  label: string;
  items: readonly TabItem<T>[];
  value: T;
  onChange: (value: T) => void;
  /** `TabPanel`s, one a tab. */
  children: ReactNode;
  className?: string;
}

export function Tabs<T extends string>({ label, items, value, onChange, children, className }: TabsProps<T>) {
  const choose = (chosen: string) => {
    const item = items.find((candidate) => candidate.value === chosen);
    if (item) onChange(item.value);
  };
  // On a phone the row scrolls, and a link may lead to a tab beyond its edge.
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const active = list.current?.querySelector("[data-state=active]");
    void active?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [value]);

  return (
    <RadixTabs.Root value={value} onValueChange={choose} className={className}>
      <RadixTabs.List ref={list} aria-label={label} className="flex gap-1 overflow-x-auto overflow-y-hidden border-b border-line">
        {items.map((item) => (
          <RadixTabs.Trigger
            key={item.value}
            value={item.value}
            className="h-9 shrink-0 cursor-pointer border-b-2 border-transparent px-2.5 text-[0.8125rem] font-medium whitespace-nowrap text-muted -outline-offset-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink pointer-coarse:h-11"
          >
            {item.label}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {children}
    </RadixTabs.Root>
  );
}

export function TabPanel({ value, children, className }: { value: string; children: ReactNode; className?: string }) {
  return (
    <RadixTabs.Content value={value} className={clsx("pt-5 outline-offset-4", className)}>
      {children}
    </RadixTabs.Content>
  );
}
