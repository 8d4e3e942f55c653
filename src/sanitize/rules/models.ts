/** Keys of model vendors and their tools, in the formats that the vendors publish. */
import type { TokenFormat } from "./format.ts";

const WORD = "-A-Za-z0-9_";

export const MODELS: readonly TokenFormat[] = [
  ["anthropic-key", "sk-ant-", "[a-z]{2,10}\\d{2}-[\\w-]{40,200}"],
  ["openai-key", "sk-proj- sk-svcacct- sk-admin- sk-None-", "[\\w-]{36,240}"],
  ["openrouter-key", "sk-or-v1- sk-or-", "[0-9a-f]{48,64}|[A-Za-z0-9]{40,64}"],
  ["langfuse-key", "sk-lf-", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"],
  ["sk-key", "sk-", "[\\w-]{20,240}", WORD],
  ["openai-session", "sess-", "[A-Za-z0-9]{40}", WORD],
  ["langsmith-key", "lsv2_pt_ lsv2_sk_ ls__", "[0-9a-f]{32}(?:_[0-9a-f]{10})?"],
  ["huggingface-token", "hf_ api_org_", "[A-Za-z0-9]{30,40}(?![A-Za-z0-9_])", "A-Za-z0-9"],
  ["groq-key", "gsk_", "[A-Za-z0-9]{40,60}"],
  ["perplexity-key", "pplx-", "[A-Za-z0-9]{40,64}"],
  ["xai-key", "xai-", "[A-Za-z0-9]{60,90}"],
  ["replicate-token", "r8_", "[A-Za-z0-9]{30,45}", WORD],
  ["nvidia-key", "nvapi-", "[\\w-]{60,80}"],
  ["jina-key", "jina_", "[A-Za-z0-9_-]{50,70}"],
  ["tavily-key", "tvly-", "[\\w-]{30,64}"],
  ["firecrawl-key", "fc-", "[0-9a-f]{32}(?![0-9a-f])", WORD],
  ["pinecone-key", "pcsk_", "[A-Za-z0-9_]{40,90}"],
  ["cerebras-key", "csk-", "[a-z0-9]{40,64}", WORD],
  ["fireworks-key", "fw_", "[A-Za-z0-9]{20,30}(?![A-Za-z0-9_])", WORD],
  ["together-key", "tgp_v1_", "[\\w-]{36,60}"],
  ["voyage-key", "pa-", "[\\w-]{40,50}(?![\\w-])", WORD],
  ["elevenlabs-key", "sk_", "[0-9a-f]{48}(?![0-9a-z])", WORD],
  ["wandb-key", "wandb_v1_", "[\\w-]{40,120}"],
  ["databricks-token", "dapi dose dsapi", "[0-9a-f]{32}(?:-\\d)?", "A-Za-z0-9"],
  ["e2b-key", "e2b_", "[0-9a-f]{40}", WORD],
];
