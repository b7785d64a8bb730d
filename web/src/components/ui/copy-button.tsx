import { Check, Copy, TriangleAlert } from "lucide-react";

import { useCopy } from "@/hooks/use-copy";

import { Button } from "./button";

interface CopyButtonProps {
  text: string;
  /** What is copied, for those who do not see the icon. */
  label: string;
  variant?: "primary" | "ghost";
  showLabel?: boolean;
}

const words = { idle: "Copy", copied: "Copied", failed: "Select and copy by hand" };

export function CopyButton({ text, label, variant = "ghost", showLabel = false }: CopyButtonProps) {
  const { state, copy } = useCopy();
  const Icon = { idle: Copy, copied: Check, failed: TriangleAlert }[state];
  return (
    <Button variant={variant} isIcon={!showLabel} onClick={() => void copy(text)} title={words[state]} aria-label={`Copy ${label}`}>
      <Icon aria-hidden />
      {showLabel && words[state]}
      <span role="status" className="sr-only">
        {state === "idle" ? "" : words[state]}
      </span>
    </Button>
  );
}
