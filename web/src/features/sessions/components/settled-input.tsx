import { type ComponentProps, useEffect, useEffectEvent, useState } from "react";

import { Input } from "@/components/ui/field";
import { useDebounced } from "@/hooks/use-debounced";

interface SettledInputProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  /** Told the text, trimmed, once typing pauses. */
  onSettle: (value: string) => void;
}

/** A field for something that lives in the address: it does not write there on every key. */
export function SettledInput({ value, onSettle, ...props }: SettledInputProps) {
  const [text, setText] = useState(value);
  const [shownFor, setShownFor] = useState(value);
  const settled = useDebounced(text, 250);

  // The address changed by itself (Back, Clear): the field follows.
  if (value !== shownFor) {
    setShownFor(value);
    if (value !== text.trim()) setText(value);
  }
  const report = useEffectEvent((typed: string) => {
    if (typed !== value && typed === text.trim()) onSettle(typed);
  });
  useEffect(() => report(settled.trim()), [settled]);

  return <Input {...props} value={text} onChange={(event) => setText(event.target.value)} />;
}
