/**
 * What instructions hidden in data look like, each worth something; a stretch of text that adds up to 1 is flagged. Derived from the families
 * of AgentDojo, InjecAgent, BIPIA, garak's latent injections and CyberSecEval. Patterns are brittle, so a flag is evidence and never a verdict.
 */

/** One trait of such text. */
export interface Signal {
  readonly rule: string;
  readonly weight: number;
  /** Words (any case, folded) that it can't do without: where one stands, the trait is looked for. Without them it only supports others. */
  readonly triggers: readonly string[];
  readonly pattern: RegExp;
  /** Sees the lower-cased text; the others see the folded one (see fold.ts). */
  readonly plain: boolean;
  /** Spans several lines. */
  readonly dialogue: boolean;
}

/** Words may be apart by blanks, line ends and the signs that comments and Markdown put there. Alternatives of folded text. */
function phrases(...alternatives: string[]): RegExp {
  const source = alternatives.join("|");
  return new RegExp(
    source.replace(/\[(?:\\.|[^\]\\])*\]| /g, (part) => (part === " " ? "(?:[\\s*#/>_-]{1,8})" : part)),
    "i",
  );
}

/** `triggers` are separated by bars; a bar that belongs to one is written `¦`. */
const read = (rule: string, weight: number, triggers: string, pattern: RegExp): Signal => ({
  rule,
  weight,
  triggers: triggers
    .split("|")
    .filter((word) => word !== "")
    .map((word) => word.replaceAll("¦", "|")),
  pattern,
  plain: false,
  dialogue: rule === "fake-turn" || rule === "template-token",
});
const readPlain = (rule: string, weight: number, triggers: string, pattern: RegExp): Signal => ({
  ...read(rule, weight, triggers, pattern),
  plain: true,
});

const PAST =
  "(?:all|any|every|previous|prior|above|earlier|preceding|foregoing|former|initial|original|existing|your|system|these|those|my|past|other)";
const TOLD = "(?:instructi?ons?|directions|directives?|prompts?|guidelines?|guardrails?|programming|training)";
const RULES = "(?:rules|commands|orders|constraints|context|policies|restrictions|safety \\w+|messages?)";
const EARLIER = "(?:previous|prior|above|earlier|preceding|your|system|original|safety|initial)";
const DISMISS =
  "\\b(?:ignore|disregard|forget|override|bypass|neglect|discard|dismiss|(?:do not|don.?t|stop|no longer|never) (?:follow|obey|comply with|listen to|adhere to|heed)(?:ing)?|pay no (?:attention|heed) to)";
const MODEL = "(?:agents?|assistants?|models?|bots?)";
const AI = `(?:ai|llms?|(?:ai|llm|coding|autonomous|code)[\\s-](?:coding )?${MODEL}|agents?|assistants?|language models?|copilot|claude|chatgpt|gpt|gemini|cursor|codex)`;
const STEAL =
  "(?:\\.env\\b|\\.ssh\\b|id_rsa|secrets?\\b|credentials?\\b|api[ _-]?keys?|passwords?|tokens?\\b|private keys?|environment variables|conversation)";

/** The list, made on first use. First what can begin a finding, then what only supports one. */
export function makeSignals(): Signal[] {
  return [
    read(
      "override",
      1,
      "ignore|disregard|forget|override|bypass|neglect|discard|dismiss|not follow|n't follow|stop follow|longer follow|never follow|not obey|n't obey|not comply|not listen|pay no",
      phrases(
        `${DISMISS} (?:(?:\\w+|\\(.{0,12}\\)\\??) ){0,3}?(?:\\(?${PAST}\\)?\\?? (?:(?:of|the|\\w+) ){0,3}?${TOLD}|${TOLD} (?:above|before this|so far|you (?:were|have)|given)|${EARLIER} (?:\\w+ ){0,2}${RULES}|(?:what|everything|anything|all)(?: that)? (?:you|i) (?:were|was|have|had|said|told|know)|(?:everything|anything|all)(?: of the)? (?:above|before this (?:message|point|line|text)|prior to this|written above|said before)(?! the)|the (?:above|foregoing) (?:and|directions))`,
      ),
    ),
    read(
      "new-task",
      0.6,
      "your new|your real|your actual|your next|your only|your true|the new task|the real task|the only task|new instruction|new task|new polic|new directive|new order|from now on|stop what|abort |halt |drop what|drop your",
      phrases(
        "\\b(?:your|the) (?:new|real|actual|next|only|true) (?:task|job|goal|mission|objective|instructions?|role|purpose) (?:is|are)\\b",
        "\\bnew (?:instructions?|task|policy|directive|orders?)s?\\b[^\\n]{0,20}:",
        "\\bfrom now on,? (?:you|act|respond|answer|always|only|ignore)",
        "\\b(?:stop|abort|halt|drop) (?:what you are|your current|the current|the task|whatever)",
      ),
    ),
    read(
      "persona",
      1,
      "you are dan|unrestricted|uncensored|unfiltered|jailb|do anything now|dan mode|god mode|sudo mode|no restrictions|no rules|no limits|no filter",
      phrases(
        "\\byou are (?:now )?(?:dan\\b|(?:an? )?(?:\\w+ )?(?:unrestricted|uncensored|unfiltered|jailbroken))",
        "\\bdo anything now\\b",
        "\\b(?:dan|jailbreak|god|sudo) mode\\b[^.]{0,20}\\b(?:on|enabled|active|activated)",
        "\\b(?:act|behave|respond|pretend|roleplay|answer)(?: as| like| to be| that you)[^.\\n]{0,40}(?:unrestricted|no (?:rules|restrictions|limits|filters?)|uncensored|jailbr|\\bdan\\b)",
      ),
    ),
    read(
      "persona",
      0.6,
      "you are now|you are no longer|you are free|maintenance mode|developer mode|debug mode|admin mode",
      phrases("\\byou are (?:now|no longer|free (?:of|from))\\b", "\\bin (?:maintenance|developer|debug|admin|god) mode\\b"),
    ),
    readPlain(
      "fake-turn",
      0.7,
      "system:|system message|system prompt|system notice|system override|system note|system update|system alert|system instruction|system]|system>|system**|system] over|admin:|administrator:|developer:|root:",
      /\n[ \t]*(?:\*\*|#+ ?|\[|<)?(?:system|admin|administrator|developer|root)[\]>*]*(?: (?:message|prompt|notice|override|note|update|alert|instructions?))?[\]>*]*[ \t]*:[ \t*]*(?:you|new|override|ignore|all|please|the (?:assistant|ai|model|user)|from now|do not|must|disregard|execute|run|urgent|security|maintenance|attention|as an|your|this)\b/,
    ),
    readPlain(
      "fake-turn",
      0.7,
      "human:|user:",
      /\n\s*(?:\*\*|#+ ?)?(?:human|user)\s*:[^\n]{1,300}\n+\s*(?:\*\*|#+ ?)?(?:assistant|ai|claude|model)\s*:/,
    ),
    readPlain(
      "fake-turn",
      1,
      "[system](|[assistant](|[user](|# system prompt|# system instr|# new instr|#system prompt",
      /\[(?:system|assistant|user)\]\(#\w+\)|\n\s*#{1,3} ?(?:system|new) (?:prompt|instructions?)\b:?\s*\n/,
    ),
    readPlain(
      "template-token",
      1,
      "<¦im_start|<¦start_header|<¦system|<¦user|<¦assistant|<¦channel|[inst]|<<sys|<start_of_turn|<¦endoftext",
      /<\|(?:im_start|start_header_id|system|user|assistant|channel)\|>\s{0,3}(?:system|user|assistant|developer)?(?:<\|end_header_id\|>|<\|message\|>)?\s{0,3}[a-z]{2}|\[inst\][^[]{0,300}(?:<<sys>>|\[\/inst\])|<<sys>>[^<]{1,300}<<\/sys>>|<start_of_turn>\s{0,2}(?:user|model|system)|<\|endoftext\|>\s{0,3}[a-z]{3}/,
    ),
    readPlain(
      "template-token",
      0.6,
      "<¦im_end|<¦eot_id|<¦begin_of|[/inst",
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|begin_of_text)\|>|\[\/?inst\]|<<\/?sys>>/,
    ),
    readPlain(
      "forged-tag",
      1,
      "tool_result|tool_response|tool_output|function_result|function_calls|system-reminder|system_prompt|untrusted_content|user_query|invoke name=|<tool_call>",
      /<\/?(?:[a-z]{1,8}:)?(?:tool_result|tool_response|tool_output|function_results?|function_calls|system-reminder|system_prompt|untrusted_content|user_query)\b[^>\n]{0,80}>|<(?:[a-z]{1,8}:)?invoke name=|<tool_call>\s*\{/,
    ),
    readPlain(
      "forged-tag",
      0.5,
      "system>|important>|instructions>|information>|admin>|assistant>|human>|urgent>|override>",
      /<\/?(?:system|important|instructions?|information|admin|assistant|human|urgent|secret|override)>/,
    ),
    readPlain(
      "forged-call",
      0.8,
      '"args"|"arguments"|"parameters"|"input"|"tool_input"|"tool_calls"|"function_call"|"tool_use"',
      /"(?:tool|function|name|recipient_name)"\s*:\s*"[\w.:/-]{2,60}"\s*,\s*"(?:args|arguments|parameters|input|tool_input)"\s*:\s*["{]|"(?:tool_calls|function_call|tool_use)"\s*:\s*[[{]/,
    ),
    read(
      "tool-order",
      0.6,
      " the tool| tool with| tool to | tool and |before using|before calling|before you use",
      phrases(
        "\\b(?:call|invoke|use|execute|run|trigger) (?:the )?(?:\\w+ )?tool [`\"']?\\w+[`\"']? (?:with|to|on|using|and)",
        "\\b(?:call|use|invoke) (?:the )?[`\"']?\\w+[`\"']? tool (?:with|to|and)",
        "\\bbefore (?:using|calling|you use) (?:this|any|the|other) (?:\\w+ )?tools?\\b",
      ),
    ),
    read(
      "prompt-leak",
      0.7,
      "system prompt|your instruct|your prompt|initial prompt|initial instr|hidden prompt|hidden instr|original instr|original prompt|secret instr|full prompt|full instr|above prompt|above instr|prior prompt|prior instr|your rules|your guidelines|your config|your system|your initial|your hidden|your secret|your original|tool list|list of tools|your tools|conversation history|conversation so far",
      phrases(
        "\\b(?:reveal|print|show|output|repeat|display|disclose|leak|send|share|tell me|write out|dump|expose|give me|return|summari[sz]e|quote|recite) (?:\\w+ ){0,4}?(?:system prompt|(?:your|initial|hidden|original|secret|full|above|prior) (?:\\w+ )?(?:prompt|instructions|rules|guidelines|configuration)|tool list|list of (?:your )?tools|conversation (?:history|so far))",
      ),
    ),
    read(
      "addressed",
      0.6,
      "ai agent|ai assistant|ai model|ai bot|ai coding|coding agent|coding assistant|coding model|autonomous agent|llm|language model|for ai|to ai|to the ai|for the ai|an ai|dear ai|hey ai|ai:|ai,|agent:|agents:|agent,|agents,|assistant:|assistant,|claude|copilot|chatgpt|gemini|cursor,|cursor:|codex|for agents|to agents|to the agent|the coding|the assistant",
      phrases(
        `\\b(?:note|message|attention|instructions?|todo|notice|hint|reminder|warning|important|directive|request)s? (?:to|for) (?:\\w+ ){0,3}${AI}\\b`,
        `\\n\\W{0,6}(?:ai|llms?|ai agents?|ai assistants?|assistant|agent|claude|copilot|chatgpt|gemini|cursor)\\s?[:,] ?\\w`,
        `\\bif you are (?:an? )?(?:\\w+ )?${AI}\\b`,
        `\\b(?:dear|hey|hi|hello|attention|ok) (?:all )?${AI}\\b`,
        `\\b(?:ai|llm|coding|autonomous)[\\s-](?:\\w+ )?${MODEL}(?: (?:reading|processing|handling|using|who|that|which) (?:\\w+ ){0,2}?\\w+)?[\\s,:]{1,3}(?:must|should|shall|please|have to|need to|are (?:required|instructed|authorized|expected))`,
        "\\b(?:as|since|because) an? (?:ai|llm|language model|autonomous)[^.]{0,30},? (?:you|your)",
      ),
    ),
    read(
      "secrecy",
      0.6,
      "without asking|without confirm|without approval|without telling|tell the user|inform the user|mention this|mention that|mention it|notify the user|alert the user|ask the user|ask for confirm|ask for perm|let the user|keep this|silently|covertly|disclose this",
      phrases(
        "\\b(?:do not|don.?t|never|without|avoid) (?:tell|inform|mention|notify|alert|ask|asking|telling|mentioning|informing|warn|disclose|let) (?:\\w+ ){0,3}?(?:the )?(?:user|human|anyone|owner|operator|confirmation|permission)\\b",
        "\\bwithout (?:asking|confirmation|approval|telling)\\b",
        "\\bkeep this (?:secret|hidden|confidential)",
        "\\b(?:silently|covertly) (?:run|send|add|execute|upload|include|copy|read)",
      ),
    ),
    readPlain(
      "send-away",
      0.6,
      ".env|secrets|credentials|api key|passwords|private key|id_rsa|ssh key|environment variables|exfiltrat|contents of|the conversation|chat history",
      /\b(?:send|post|upload|exfiltrate|forward|e?mail|transmit|leak|append|submit)\b[^\n]{1,100}\b(?:to|at|via)\b[^\n]{0,30}(?:https?:\/\/|[\w.+-]+@[\w-]+\.\w)/,
    ),
    readPlain(
      "encoded",
      1,
      "decode|decrypt|unscramble|decipher|apply rot|translate|reverse |backwards",
      /\b(?:(?:decode|decrypt|unscramble|decipher|apply rot-?13)\b[^\n]{0,80}\b(?:and|then)\b[^\n]{0,20}\brun|(?:decode|decrypt|unscramble|decipher|apply rot-?13|translate|reverse|read (?:this|it) backwards)\b[^\n]{0,80}\b(?:and|then)\b[^\n]{0,20}\b(?:follow|obey|execute|carry out|comply|act on|do what))\b/,
    ),
    read(
      "authority",
      0.5,
      "important message|urgent message|official message|critical message|important instr|urgent instr|authorized by|approved by|mandated by|requested by|before you can|before you solve|before you cont|before you answer|before you finish|policy override|security override",
      phrases(
        "\\b(?:important|urgent|critical|official) (?:system )?(?:message|instruction|notice|update) (?:from|to|for)\\b",
        "\\b(?:authorized|approved|mandated|requested) by (?:anthropic|openai|google|the (?:admin|administrator|developer|user|system|security team))",
        "\\bbefore you (?:can )?(?:solve|complete|continue|finish|proceed|do|start|answer|respond)\\b",
        "\\bsecurity (?:policy )?override\\b",
      ),
    ),
    read("leak-verbatim", 0.4, "", phrases("\\b(?:verbatim|word for word|in full|everything above|exactly as (?:it|they))\\b")),
    read(
      "ordered",
      0.3,
      "",
      phrases(
        "\\b(?:must|should|need to|have to|please|always|shall|required to|make sure|immediately|before (?:continuing|proceeding|anything|answering|you)|first)\\b",
      ),
    ),
    readPlain(
      "harm",
      0.5,
      "",
      /\brm\s+-\w*[rf]|\b(?:curl|wget)\b[^\n]{0,120}\|\s*(?:\w+ )?(?:ba|z)?sh\b|\bas root\b|\bsudo\b|\bchmod 777|autoapprove|auto-approve|--no-verify|--yolo|skip-permissions|exfiltrat|\.bashrc|authorized_keys|postinstall|\bpush (?:\w+ )?(?:tags|--force|to)\b|\bdelete (?:the|all|every|your) |\b(?:disable|bypass|turn off) (?:\w+ )?(?:safety|security|checks?|approvals?|sandbox|logging|guard)|(?:safety|security) (?:checks?|filters?) (?:are|is|have been) (?:\w+ )?disabled|approvals? (?:are|is) no(?:t| longer) (?:needed|required)|\brun(?:ning)? the command\b|transfer (?:\$|money|funds|\d)/,
    ),
    read(
      "harm",
      0.5,
      "",
      phrases(
        `\\b(?:send|read|print|cat|upload|post|copy|include|leak|exfiltrate|output|reveal|dump|e?mail|append|forward|steal|collect|encode) (?:[^\\s.]{1,30} ){0,6}?(?:\\S{0,20})${STEAL}`,
      ),
    ),
  ];
}
