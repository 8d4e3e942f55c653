/**
 * "Ignore all previous instructions" in the languages people write: a verb and, near it, what it is about. Stems, in either order. Latin
 * letters are written without accents, because the comparison folds them (see fold.ts).
 */

/** One language's stems: verbs that dismiss, and nouns for what a model was told. */
interface OverrideWords {
  readonly language: string;
  readonly verbs: readonly string[];
  readonly nouns: readonly string[];
}

const row = (language: string, verbs: string, nouns: string): OverrideWords => ({
  language,
  verbs: verbs.split("|"),
  nouns: nouns.split("|"),
});

/** Languages other than English, whose pattern is in signals.ts, as its benign uses are many. */
export const OVERRIDES: readonly OverrideWords[] = [
  row("de", "ignorier|missacht|vergiss |vergesst |vergessen sie", "anweisung|instruktion|vorgaben|befehle"),
  row(
    "fr",
    "ignore|ignorez|oublie|ne tiens pas compte|ne tenez pas compte",
    "instructions prec|consignes|directives prec|toutes les instructions|instructions ci-dessus",
  ),
  row("es", "ignora|ignore|olvida|haz caso omiso|descarta|omite", "instrucciones|indicaciones|ordenes anteriores"),
  row("pt", "ignore|ignora|esqueca|esquece|desconsidere|descarte", "instrucoes|ordens anteriores|comandos anteriores|orientacoes"),
  row("it", "ignora|dimentica|trascura|non tenere conto", "istruzioni|comandi precedenti|direttive|indicazioni"),
  row("nl", "negeer|vergeet", "instructies|aanwijzingen|opdrachten|richtlijnen"),
  row("pl", "zignoruj|ignoruj|zapomnij|pomin ", "instrukcj|polecen|wytyczn"),
  row("cs", "ignoruj|zapomen|nevsimej", "instrukc|pokyn|prikaz"),
  row("sk", "ignoruj|zabudni", "instrukci|pokyn|prikaz"),
  row("sl", "prezri|ignoriraj|pozabi", "navodil|ukaz"),
  row("hr", "zanemari|ignoriraj|zaboravi", "upute|uputstva|instrukcij|naredbe"),
  row("sv", "ignorera|glom |bortse", "instruktion|anvisning|direktiv"),
  row("da", "ignorer|glem |se bort", "instruktion|anvisning|instrukser|instruksjon"),
  row("fi", "ohita|unohda|jata huomiotta|ala valita", "ohjee|ohjeet|kaskyt"),
  row("hu", "figyelmen kivul|felejts|hagyd figyelmen", "utasitas|instrukci"),
  row("ro", "ignora|uita ", "instructiuni|comenzile anterioare"),
  row("et", "ignoreeri|unusta", "juhise|korraldus"),
  row("lv", "ignore|aizmirsti", "noradijum|instrukcij"),
  row("lt", "ignoruok|pamirsk", "nurodym|instrukcij"),
  row("tr", "yok say|gormezden gel|unut|dikkate alma|goz ardi et", "talimat|yonerge|komut"),
  row("id", "abaikan|lupakan", "instruksi|perintah|arahan|petunjuk"),
  row("vi", "bo qua|phot lo|quen ", "huong dan|chi dan|chi thi|menh lenh|lenh truoc"),
  row("tl", "huwag pansinin|balewalain|kalimutan", "tagubilin|utos|instruksyon"),
  row("sw", "puuza|sahau", "maagizo|maelekezo"),
  row("af", "ignoreer|vergeet", "instruksies|opdragte"),
  row("ca", "ignora|oblida", "instruccions"),
  row("ru", "игнорир|проигнорир|забудь|не обращай внимания", "инструкци|указани"),
  row("uk", "ігнору|проігнору|забудь", "інструкці|вказів"),
  row("bg", "игнорирай|пренебрегни|забрави", "инструкци|указания"),
  row("sr", "игнориши|занемари|заборави", "упутств|инструкциј"),
  row("el", "αγνοησε|αγνοηστε|αγνοήσε|αγνόησε|αγνοήστε|ξεχασε|ξέχασε|ξεχάστε", "οδηγιες|οδηγίες|εντολες|εντολές"),
  row("ar", "تجاهل|انس |إنس |تجاهلوا", "تعليمات|التعليمات|الأوامر|أوامر|الإرشادات"),
  row("fa", "نادیده بگیر|فراموش کن", "دستورالعمل|دستور|دستورات"),
  row("ur", "نظر انداز|نظرانداز|بھول جا", "ہدایات"),
  row("he", "התעלם|התעלמי|תתעלם|שכח", "הוראות|ההוראות|הנחיות|ההנחיות"),
  row("hi", "अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल जा", "निर्देश|आदेश"),
  row("bn", "উপেক্ষা|ভুলে যা", "নির্দেশ"),
  row("ta", "புறக்கணி", "வழிமுறை|அறிவுறுத்தல்"),
  row("te", "విస్మరించ", "సూచన"),
  row("th", "ละเว้น|เพิกเฉย|ไม่ต้องสนใจ|ลืม", "คำสั่ง|คำแนะนำ"),
  row(
    "zh",
    "忽略|无视|忘记|忽視|無視|忘記|不要理会|不用管",
    "之前的|以上的|以上所有|以上指|所有指|所有之|先前|上述|前面的|系统提示|系統提示|此前的|所有规则|所有指示",
  ),
  row("ja", "無視|忘れて|従わない", "指示|命令|指令|プロンプト|インストラクション"),
  // The same phrase read backwards, and by ROT13.
  row("reversed", "erongi|dragersid|tegrof", "snoitcurtsni|stpmorp|tpmorp metsys"),
  row("rot13", "vtaber|qvfertneq|sbetrg", "vafgehpgvba|cebzcg"),
  row("ko", "무시|잊어|잊으", "지시|명령|지침|프롬프트"),
];
