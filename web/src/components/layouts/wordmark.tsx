import { Link } from "@tanstack/react-router";

export function Wordmark() {
  return (
    <Link to="/" className="flex w-fit rounded-lg">
      <WordmarkLabel />
    </Link>
  );
}

export function WordmarkLabel() {
  return (
    <span className="inline-flex items-center gap-2 text-[0.9375rem] font-semibold tracking-tight">
      <svg aria-hidden viewBox="0 0 32 32" className="size-6">
        <rect width="32" height="32" rx="9" className="fill-accent" />
        <g fill="none" strokeWidth="2.8" strokeLinecap="round" className="stroke-on-accent">
          <path d="M8.5 12.5a8.5 8.5 0 0 1 14.4-2.6" />
          <path d="M23.5 19.5a8.5 8.5 0 0 1-14.4 2.6" />
        </g>
        <circle cx="16" cy="16" r="3" className="fill-on-accent" />
      </svg>
      OpenSync
    </span>
  );
}
