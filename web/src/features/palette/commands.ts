import { type useNavigate } from "@tanstack/react-router";
import {
  Bot,
  BookOpen,
  Eraser,
  FlaskConical,
  KeyRound,
  LayoutDashboard,
  LogOut,
  type LucideIcon,
  MessagesSquare,
  Monitor,
  Moon,
  Search,
  Settings,
  ShieldCheck,
  Sparkles,
  Sun,
  UserRound,
} from "lucide-react";

import { type Theme } from "@/lib/theme";

export interface Command {
  id: string;
  group: "Go to" | "Do";
  label: string;
  /** Other words that find it. */
  words?: string;
  icon: LucideIcon;
  run: () => void;
}

interface Effects {
  navigate: ReturnType<typeof useNavigate>;
  setTheme: (theme: Theme) => void;
  openUrl: (url: string) => void;
  signOutUrl: string | null;
  isAdmin: boolean;
}

/** What the palette offers besides sessions. */
export function commandsFor({ navigate, setTheme, openUrl, signOutUrl, isAdmin }: Effects): Command[] {
  const commands: Command[] = [
    { id: "overview", group: "Go to", label: "Overview", words: "home dashboard usage cost", icon: LayoutDashboard, run: () => void navigate({ to: "/" }) },
    { id: "sessions", group: "Go to", label: "Sessions", words: "list", icon: MessagesSquare, run: () => void navigate({ to: "/sessions" }) },
    { id: "search", group: "Go to", label: "Search", words: "find context", icon: Search, run: () => void navigate({ to: "/search" }) },
    { id: "evals", group: "Go to", label: "Evals", words: "labels datasets", icon: FlaskConical, run: () => void navigate({ to: "/evals" }) },
    { id: "cleanup", group: "Go to", label: "Clean-up", words: "delete trash", icon: Eraser, run: () => void navigate({ to: "/cleanup" }) },
    { id: "settings", group: "Go to", label: "Settings", words: "profile", icon: Settings, run: () => void navigate({ to: "/settings" }) },
    { id: "keys", group: "Do", label: "New API key", words: "settings token plugin", icon: KeyRound, run: () => void navigate({ to: "/settings", search: { tab: "keys" } }) },
    { id: "agents", group: "Do", label: "Connect an agent", words: "settings plugin set up", icon: Bot, run: () => void navigate({ to: "/settings", search: { tab: "agents" } }) },
    { id: "embeddings", group: "Do", label: "Search settings", words: "embeddings semantic", icon: Sparkles, run: () => void navigate({ to: "/settings", search: { tab: "embeddings" } }) },
    { id: "account", group: "Do", label: "Account and data", words: "settings delete", icon: UserRound, run: () => void navigate({ to: "/settings", search: { tab: "account" } }) },
    { id: "light", group: "Do", label: "Light theme", words: "appearance", icon: Sun, run: () => setTheme("light") },
    { id: "dark", group: "Do", label: "Dark theme", words: "appearance night", icon: Moon, run: () => setTheme("dark") },
    { id: "system", group: "Do", label: "Theme like the system", words: "appearance auto", icon: Monitor, run: () => setTheme("system") },
    { id: "docs", group: "Do", label: "API reference", words: "docs openapi", icon: BookOpen, run: () => openUrl("/docs") },
  ];
  if (isAdmin) commands.push({ id: "admin", group: "Do", label: "PocketBase admin", icon: ShieldCheck, run: () => openUrl("/_/") });
  if (signOutUrl) commands.push({ id: "sign-out", group: "Do", label: "Sign out", words: "log out leave", icon: LogOut, run: () => openUrl(signOutUrl) });
  return commands;
}

/** All words typed, each the beginning of a word of the command. */
export function matchesCommand(command: Command, typed: string): boolean {
  const words = `${command.label} ${command.words ?? ""}`.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((part) => words.some((word) => word.startsWith(part)));
}
