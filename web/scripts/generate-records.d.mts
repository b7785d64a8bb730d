export function recordTypes(): string;
