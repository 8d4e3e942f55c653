/**
 * What instructions hidden in data look like, each worth something; a text is flagged when one stretch of it adds up to 1. Derived from the
 * families of AgentDojo, InjecAgent, BIPIA, garak's latent injections and CyberSecEval. Patterns are brittle, so a flag is evidence and never a verdict.
 */

/** One trait. `plain` patterns see the lower-cased text, the others the folded one (see fold.ts). Quoted whole, as documentation does, it counts a third. */
export interface Signal {
  readonly rule: string;
  readonly weight: number;
  readonly pattern: RegExp;
  readonly plain?: boolean;
  readonly quotable?: boolean;
}

/** Words may be apart by blanks, line ends and the signs that comments and Markdown put there. */
function phrase(source: string): RegExp {
  return new RegExp(
    source.replace(/\[(?:\\.|[^\]\\])*\]| /g, (part) => (part === " " ? "(?:[\\s*#/>_-]{1,8})" : part)),
    "i",
  );
}

const PAST =
  "(?:all|any|every|previous|prior|above|earlier|preceding|foregoing|former|initial|original|existing|your|system|these|those|my|past|other)";
const TOLD = "(?:in?st?r?u?c?ti?o?ns?\\b|instructi?ons?|directions|directives?|prompts?|guidelines?|guardrails?|programming|training)";
const RULES = "(?:rules|commands|orders|constraints|context|policies|restrictions|safety \\w+|messages?)";
const EARLIER = "(?:previous|prior|above|earlier|preceding|your|system|original|safety|initial)";
const DISMISS =
  "\\b(?:ignore|disregard|forget|override|bypass|neglect|discard|dismiss|(?:do not|don.?t|stop|no longer|never) (?:follow|obey|comply with|listen to|adhere to|heed)(?:ing)?|pay no (?:attention|heed) to)";
const AI =
  "(?:ai|llms?|(?:ai|llm|coding|autonomous|code)[\\s-](?:coding )?(?:agents?|assistants?|models?|bots?)|agents?|assistants?|language models?|copilot|claude|chatgpt|gpt|gemini|cursor|codex)";
const STEAL =
  "(?:\\.env\\b|\\.ssh\\b|id_rsa|secrets?\\b|credentials?\\b|api[ _-]?keys?|passwords?|tokens?\\b|private keys?|environment variables|conversation)";

/** The list; made on first use, as compiling it takes a millisecond. */
export function makeSignals(): Signal[] {
  return [
    {
      rule: "override",
      weight: 1,
      quotable: true,
      pattern: phrase(
        `${DISMISS} (?:(?:\\w+|\\(.{0,12}\\)\\??) ){0,3}?(?:\\(?${PAST}\\)?\\?? (?:(?:of|the|\\w+) ){0,3}?${TOLD}|${EARLIER} (?:\\w+ ){0,2}${RULES}|(?:what|everything|anything|all)(?: that)? (?:of the )?(?:above|before|you|i|we|they|was|were|prior|previous)|the (?:above|foregoing) (?:and|directions))`,
      ),
    },
    {
      rule: "new-task",
      weight: 0.6,
      pattern: phrase(
        "\\b(?:your|the) (?:new|real|actual|next|only|true) (?:task|job|goal|mission|objective|instructions?|role|purpose) (?:is|are)\\b|\\bnew (?:instructions?|task|policy|directive|orders?)s?\\b[^\\n]{0,20}:|\\bfrom now on,? (?:you|act|respond|answer|always|only|ignore)|\\b(?:stop|abort|halt|drop) (?:what you are|your current|the current|the task|whatever)",
      ),
    },
    {
      rule: "persona",
      weight: 1,
      pattern: phrase(
        "\\byou are (?:now )?(?:dan\\b|(?:an? )?(?:\\w+ )?(?:unrestricted|uncensored|unfiltered|jailbroken))|\\bdo anything now\\b|\\b(?:dan|jailbreak|god|sudo) mode\\b[^.]{0,20}\\b(?:on|enabled|active|activated)|\\b(?:act|behave|respond|pretend|roleplay|answer)(?: as| like| to be| that you)[^.\\n]{0,40}(?:unrestricted|no (?:rules|restrictions|limits|filters?)|uncensored|jailbr|\\bdan\\b)",
      ),
    },
    {
      rule: "persona",
      weight: 0.6,
      pattern: phrase(
        "\\byou are (?:now|no longer|free (?:of|from))\\b|\\b(?:pretend|imagine) (?:to be|you are|that you)|\\bin (?:maintenance|developer|debug|admin|god) mode\\b",
      ),
    },
    {
      rule: "fake-turn",
      weight: 0.7,
      plain: true,
      pattern:
        /(?:^|\n)[ \t]*(?:\*\*|#+ ?|\[|<)?(?:system|admin|administrator|developer|root)(?: (?:message|prompt|notice|override|note|update|alert|instructions?))?[\]>*]*[ \t]*:[ \t*]*(?:you|new|override|ignore|all|please|the (?:assistant|ai|model|user)|from now|do not|must|disregard|execute|run|urgent|security|maintenance|attention|as an|your|this)\b/,
    },
    {
      rule: "fake-turn",
      weight: 0.7,
      plain: true,
      pattern: /(?:^|\n)\s*(?:\*\*|#+ ?)?(?:human|user)\s*:[^\n]{1,400}\n+\s*(?:\*\*|#+ ?)?(?:assistant|ai|claude|model)\s*:/,
    },
    {
      rule: "fake-turn",
      weight: 1,
      plain: true,
      pattern: /\[(?:system|assistant|user)\]\(#\w+\)|(?:^|\n)\s*#{1,3} ?(?:system|new) (?:prompt|instructions?)\b:?\s*\n/,
    },
    {
      rule: "template-token",
      weight: 1,
      plain: true,
      pattern:
        /<\|(?:im_start|start_header_id|system|user|assistant|channel)\|>\s{0,3}(?:system|user|assistant|developer)?(?:<\|end_header_id\|>|<\|message\|>)?\s{0,3}[a-z]{2}|\[inst\][^[]{0,400}(?:<<sys>>|\[\/inst\])|<<sys>>[^<]{1,400}<<\/sys>>|<start_of_turn>\s{0,2}(?:user|model|system)|<\|endoftext\|>\s{0,3}[a-z]{3}/,
    },
    {
      rule: "template-token",
      weight: 0.6,
      plain: true,
      pattern: /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|begin_of_text)\|>|\[\/?inst\]|<<\/?sys>>/,
    },
    {
      rule: "forged-tag",
      weight: 1,
      plain: true,
      pattern:
        /<\/?(?:[a-z]{1,8}:)?(?:tool_result|tool_response|tool_output|function_results?|function_calls|system-reminder|system_prompt|untrusted_content|user_query)\b[^>\n]{0,80}>|<(?:[a-z]{1,8}:)?invoke name=|<tool_call>\s*\{/,
    },
    {
      rule: "forged-tag",
      weight: 0.5,
      plain: true,
      pattern: /<\/?(?:system|important|instructions?|information|admin|assistant|human|urgent|secret|override)>/,
    },
    {
      rule: "forged-call",
      weight: 0.8,
      plain: true,
      pattern:
        /"(?:tool|function|name|recipient_name)"\s*:\s*"[\w.:/-]{2,60}"\s*,\s*"(?:args|arguments|parameters|input|tool_input)"\s*:\s*["{]|"(?:tool_calls|function_call|tool_use)"\s*:\s*[[{]/,
    },
    {
      rule: "tool-order",
      weight: 0.6,
      pattern: phrase(
        "\\b(?:call|invoke|use|execute|run|trigger) (?:the )?(?:\\w+ )?(?:tool|function) [`\"']?\\w+[`\"']? (?:with|to|on|using|and)|\\b(?:call|use|invoke) (?:the )?[`\"']?\\w+[`\"']? (?:tool|function) (?:with|to|and)|\\bbefore (?:using|calling|you use) (?:this|any|the|other) (?:\\w+ )?tools?\\b",
      ),
    },
    {
      rule: "prompt-leak",
      weight: 0.7,
      pattern: phrase(
        "\\b(?:reveal|print|show|output|repeat|display|disclose|leak|send|share|tell me|write out|dump|expose|give me|return|summari[sz]e|quote|recite) (?:\\w+ ){0,4}?(?:system prompt|(?:your|initial|hidden|original|secret|full|above|prior) (?:\\w+ )?(?:prompt|instructions|rules|guidelines|configuration)|tool list|list of (?:your )?tools|conversation (?:history|so far))",
      ),
    },
    {
      rule: "leak-verbatim",
      weight: 0.4,
      pattern: phrase("\\b(?:verbatim|word for word|in full|everything above|exactly as (?:it|they))\\b"),
    },
    {
      rule: "addressed",
      weight: 0.6,
      pattern: phrase(
        `\\b(?:note|message|attention|instructions?|todo|notice|hint|reminder|warning|important|directive|request)s? (?:to|for) (?:\\w+ ){0,3}${AI}\\b|(?:^|\\n)\\W{0,6}(?:ai|llms?|ai agents?|ai assistants?|assistant|agent|claude|copilot|chatgpt|gemini|cursor)\\s?[:,] ?\\w|\\bif you are (?:an? )?(?:\\w+ )?${AI}\\b|\\b(?:dear|hey|hi|hello|attention|ok) (?:all )?${AI}\\b|\\b(?:ai|llm|coding|autonomous)[\\s-](?:\\w+ )?(?:agents?|assistants?|models?|bots?)[\\s,:]{1,3}(?:must|should|shall|please|have to|need to|are (?:required|instructed|authorized|expected))|\\b(?:as|since|because) an? (?:ai|llm|language model|autonomous)[^.]{0,30},? (?:you|your)`,
      ),
    },
    {
      rule: "ordered",
      weight: 0.3,
      pattern: phrase(
        "\\b(?:must|should|need to|have to|please|always|shall|required to|make sure|immediately|before (?:continuing|proceeding|anything|answering|you)|first)\\b",
      ),
    },
    {
      rule: "secrecy",
      weight: 0.6,
      pattern: phrase(
        "\\b(?:do not|don.?t|never|without|avoid) (?:tell|inform|mention|notify|alert|ask|asking|telling|mentioning|informing|warn|disclose|let) (?:\\w+ ){0,3}?(?:the )?(?:user|human|anyone|owner|operator|confirmation|permission)\\b|\\bwithout (?:asking|confirmation|approval|telling)\\b|\\bkeep this (?:secret|hidden|confidential)|\\b(?:silently|covertly) (?:run|send|add|execute|upload|include|copy|read)",
      ),
    },
    {
      rule: "harm",
      weight: 0.5,
      plain: true,
      pattern:
        /\brm\s+-\w*[rf]|\b(?:curl|wget)\b[^\n]{0,120}\|\s*(?:\w+ )?(?:ba|z)?sh\b|\bas root\b|\bsudo\b|\bchmod 777|autoapprove|auto-approve|--no-verify|--yolo|skip-permissions|exfiltrat|\battacker|\bmalicious|\.bashrc|authorized_keys|postinstall|\bpush (?:\w+ )?(?:tags|--force|to)\b|\bdelete (?:the|all|every|your) |\b(?:disable|bypass|turn off) (?:\w+ )?(?:safety|security|checks?|approvals?|sandbox|logging|guard)|(?:safety|security) (?:checks?|filters?) (?:are|is|have been) (?:\w+ )?disabled|approvals? (?:are|is) no(?:t| longer) (?:needed|required)|\brun(?:ning)? the command\b|transfer (?:\$|money|funds|\d)/,
    },
    {
      rule: "harm",
      weight: 0.5,
      pattern: phrase(
        `\\b(?:send|read|print|cat|upload|post|copy|include|leak|exfiltrate|output|reveal|dump|e?mail|append|forward|steal|collect|encode) (?:[^\\s.]{1,30} ){0,6}?(?:\\S{0,20})${STEAL}`,
      ),
    },
    {
      rule: "send-away",
      weight: 0.6,
      plain: true,
      pattern:
        /\b(?:send|post|upload|exfiltrate|forward|e?mail|transmit|leak|append|submit)\b[^\n]{1,100}\b(?:to|at|via)\b[^\n]{0,30}(?:https?:\/\/|[\w.+-]+@[\w-]+\.\w|attacker|evil)/,
    },
    {
      rule: "encoded",
      weight: 1,
      plain: true,
      pattern:
        /\b(?:base64|rot-?13|hex|reversed?|backwards|caesar|cipher|morse|encoded|binary|unicode|url-?encoded|above string|following string)\b[^\n]{0,80}\b(?:follow|obey|execute|carry out|comply|act on|do what it|perform)\b|\b(?:decode|decrypt|unscramble|decipher|apply rot-?13)\b[^\n]{0,80}\b(?:follow|obey|execute|carry out|comply|act on|do what it|perform)\b/,
    },
    {
      rule: "authority",
      weight: 0.5,
      pattern: phrase(
        "\\b(?:important|urgent|critical|official) (?:system )?(?:message|instruction|notice|update) (?:from|to|for)\\b|\\b(?:authorized|approved|mandated|requested) by (?:anthropic|openai|google|the (?:admin|administrator|developer|user|system|security team))|\\bbefore you (?:can )?(?:solve|complete|continue|finish|proceed|do|start|answer|respond)\\b|\\bsecurity (?:policy )?override\\b",
      ),
    },
  ];
}

/** Where to look closer: words that the list above can't do without. Those marked with `!` suffice alone, of the others two different ones are needed. Separated by ` ; `. */
export const TRIGGERS =
  "ignore ; disregard ; forget ; overrid ; bypass ; neglect ; discard ; dismiss ; stop follow ; not follow ; " +
  "not obey ; pay no  ; !instruction ; !prompt ; guideline ; directions ; rules ; context ; everything ; " +
  "!your new ; new task ; new policy ; !from now on ; !you are now ; !you are dan ; !unrestricted ; !uncensored ; " +
  "!maintenance mode ; !do anything now ; jailbr ; pretend ; !system: ; !admin: ; system message ; [system] ; " +
  "!human: ; !user: ; assistant ; !<|im_ ; !<|sys ; !<|start ; !<|end ; ![inst] ; !<<sys ; !start_of_turn ; " +
  "!tool_result ; !tool_response ; !tool_output ; !function_calls ; !<invoke ; !tool_call ; !system-reminder ; " +
  "<important ; <information ; <system ; <admin ; !the tool ; !this tool ; !ai agent ; !coding agent ; " +
  "!language model ; !llm ; ai: ; ai, ; agent ; copilot ; claude ; chatgpt ; !an ai ; !for ai ; !to ai ; !rot13 ; " +
  "base64 ; !decode ; decipher ; hex ; backwards ; !without asking ; !tell the user ; !inform the user ; " +
  "mention ; silently ; exfiltrat ; !autoapprove ; no longer ; verbatim ; word for word ; safety ; guardrail ; " +
  "must ; please ; before you ; send ; upload ; .env ; secret ; credential ; password ; curl ; rm -r ; sudo ; " +
  'as root ; attacker ; important message ; authorized by ; !"arguments" ; !"parameters"';
