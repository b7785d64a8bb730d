const COLLECTIONS: Record<string, string> = {
  sessions: "Sessions",
  messages: "Messages",
  parts: "Parts: tool calls, output, pictures",
  messageEmbeddings: "Vectors of messages",
  sessionEmbeddings: "Vectors of sessions",
  searchIndex: "Full-text index",
  trash: "Trash",
  apiLogs: "API log",
};

export function collectionLabel(name: string): string {
  return COLLECTIONS[name] ?? name;
}
