import { type LucideIcon, CircleCheck, CircleDashed, CircleX, Eye, Star } from "lucide-react";

import { type Tone } from "@/components/ui/badge";
import { type EvalStatus } from "@/lib/session-filter";

import { type Verdict } from "./search-params";

interface VerdictLook {
  label: string;
  icon: LucideIcon;
  tone: Tone;
}

export const VERDICT_LOOKS: Record<Verdict, VerdictLook> = {
  golden: { label: "Golden", icon: Star, tone: "accent" },
  correct: { label: "Correct", icon: CircleCheck, tone: "success" },
  incorrect: { label: "Incorrect", icon: CircleX, tone: "danger" },
  needs_review: { label: "Needs review", icon: Eye, tone: "warn" },
  unreviewed: { label: "Not reviewed", icon: CircleDashed, tone: "neutral" },
};

/** The key that sets each while reviewing. */
export const VERDICT_KEYS: Record<string, EvalStatus> = { 1: "golden", 2: "correct", 3: "incorrect", 4: "needs_review" };

/** The stored verdict; PocketBase keeps "" where there is none. */
export function verdictOf(status: EvalStatus | ""): Verdict {
  return status === "" ? "unreviewed" : status;
}
