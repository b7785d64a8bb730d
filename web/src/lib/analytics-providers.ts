// Who runs a model. Agents seldom say, and say it in many ways; the name of the model tells.

const BY_MODEL: readonly (readonly [RegExp, string])[] = [
  [/claude|anthropic/, "anthropic"],
  [/gpt|\bo[1-9]\b|davinci|curie|text-embedding|codex|chatgpt/, "openai"],
  [/gemini|palm|bard|gemma/, "google"],
  [/mistral|mixtral|codestral|devstral/, "mistral"],
  [/command|cohere/, "cohere"],
  [/deepseek/, "deepseek"],
  [/llama|\bmeta\b/, "meta"],
  [/qwen/, "alibaba"],
  [/grok/, "xai"],
  [/groq/, "groq"],
];

const LABELS: Readonly<Record<string, string>> = {
  anthropic: "Anthropic",
  openai: "OpenAI",
  google: "Google",
  mistral: "Mistral",
  cohere: "Cohere",
  deepseek: "DeepSeek",
  meta: "Meta",
  alibaba: "Alibaba",
  xai: "xAI",
  groq: "Groq",
};

/** The provider as stored, its spellings made one; else whose model it is; "" when neither tells. */
export function providerOf(stored: string, model: string): string {
  const said = stored.toLowerCase();
  if (said.includes("anthropic")) return "anthropic";
  if (said.includes("antigravity")) return "google";
  if (said.includes("openai")) return "openai";
  if (said !== "") return said.replace(/-oauth$/, "");
  return BY_MODEL.find(([pattern]) => pattern.test(model.toLowerCase()))?.[1] ?? "";
}

export function providerLabel(provider: string): string {
  return LABELS[provider] ?? provider;
}
