import { Badge } from "@/components/ui/badge";

import { type Verdict } from "../search-params";
import { VERDICT_LOOKS } from "../verdicts";

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  const { label, icon: Icon, tone } = VERDICT_LOOKS[verdict];
  return (
    <Badge tone={tone}>
      <Icon aria-hidden /> {label}
    </Badge>
  );
}
