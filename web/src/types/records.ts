// Rows as the dashboard reads them from PocketBase. Absent text is "", absent numbers are 0.

export interface SessionRow {
  id: string;
  title: string;
  projectName: string;
  projectPath: string;
  model: string;
  provider: string;
  source: string;
  totalTokens: number;
  cost: number;
  messageCount: number;
  durationMs: number;
  createdAt: number;
  updatedAt: number;
  isPublic: boolean;
}
