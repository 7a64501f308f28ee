// Writes cases.json: what JavaScript's own regular expressions answer. Run: node generate.mjs > cases.json
// `node generate.mjs N SEED` writes N random cases instead, for a longer comparison.

const listed = [
  // characters, classes and escapes
  ["abc", ["abc", "xabcx", "ab", ""]], ["a.c", ["abc", "a\nc", "a\u2028c", "a\u2029c", "a\rc", "aéc", "a\u0085c"]],
  ["[abc]+", ["xxabcab", "d"]], ["[^abc]+", ["abxyzc", "\n"]], ["[a-c-e]+", ["a-cde"]], ["[\\w-a]+", ["x-_", "-"]],
  ["[a-\\d]+", ["a-5b"]], ["[\\d-x]+", ["1-x9"]], ["[]", ["a", ""]], ["[^]", ["a", "\n", ""]], ["[^]+", ["a\nb\u2028"]],
  ["a[]|b", ["ab"]], ["[\\]]", ["]"]], ["]", ["]"]], ["a]b", ["a]b"]], ["[-a]+", ["a-b"]], ["[a-]+", ["a-b"]],
  ["[\\-a]+", ["a-b"]], ["[a\\-z]+", ["a-mz"]], ["[\\b]", ["\b", "b"]], ["[\\B]", ["B", "b"]], ["\\d+", ["a12b", "٣", "x"]],
  ["\\D+", ["12ab", "٣"]], ["\\w+", ["a_1-b", "é", "ſK"]], ["\\W+", ["a_1-é b"]],
  ["\\s+", ["a \t\n\v\f\rb", "\u00a0\ufeff\u2028\u2029\u1680\u3000\u202f\u205f\u2000\u200a", "\u180e\u200b\u0085"]],
  ["\\S+", [" a\u00a0b", "\u200b\u180e"]], ["[\\s]", ["\ufeff"]], ["[^\\s]", ["\ufeff x"]], ["[\\S\\s]", ["\n"]], ["[^\\S\\s]", ["a"]],
  ["\\t\\n\\v\\f\\r", ["\t\n\v\f\r"]], ["\\0", ["\0", "0"]], ["\\00", ["\0", "0"]], ["\\08", ["\x008", "8"]], ["\\012", ["\n"]], ["\\101", ["A"]],
  ["\\377", ["ÿ"]], ["\\400", [" 0", "\u0100"]], ["\\8", ["8"]], ["\\9x", ["9x"]], ["[\\8\\1]+", ["8\x01"]], ["[\\101-\\103]+", ["ABCD"]],
  ["\\x41", ["A"]], ["\\x4", ["x4"]], ["\\xZZ", ["xZZ"]], ["\\u0041", ["A"]], ["\\u004", ["u004"]], ["\\u{41}", ["A", "u".repeat(41)]],
  ["\\u{2}", ["uu"]], ["[\\u0041-\\u0043]+", ["ABCD"]], ["[\\x41-C]+", ["ABCD"]], ["\\ca", ["\x01"]], ["\\cA\\cz", ["\x01\x1a"]],
  ["\\c", ["\\c", "c"]], ["\\c1", ["\\c1", "\x11"]], ["[\\c1]", ["\x11", "1", "\\"]], ["[\\c_]", ["\x1f"]], ["[\\c]+", ["\\c"]], ["[\\c!]+", ["\\c!"]],
  ["\\c*", ["\\ccc"]], ["\\a\\e\\g", ["aeg"]], ["\\p{L}", ["p{L}", "L"]], ["\\A\\z", ["Az"]], ["\\/", ["/"]], ["\\-", ["-"]], ["\\é", ["é"]],
  ["\\k", ["k"]], ["\\k<a>", ["k<a>"]], ["\\K", ["K"]], ["\\_", ["_"]], ["\\\n", ["\n"]], ["\\$\\^\\.\\*", ["$^.*"]],
  // braces and quantifiers
  ["a{", ["a{"]], ["a{1", ["a{1"]], ["a{1,", ["a{1,"]], ["a{,5}", ["a{,5}"]], ["{", ["{"]], ["}", ["}"]], ["{a}", ["{a}"]], ["x{ 1}", ["x{ 1}"]],
  ["a{2}", ["aaaaa", "a"]], ["a{2,}", ["aaaaa", "a"]], ["a{2,3}", ["aaaaa", "a"]], ["a{2,3}?", ["aaaaa"]], ["a{0}b", ["ab"]], ["a{0,0}", ["a"]],
  ["a{02}", ["aaa"]], ["(a){0}b", ["ab"]], ["(a){0}(b)", ["ab"]], ["(?:a{2}){2}", ["aaaaaa"]], ["(ab){2,}", ["ababab"]], ["(a|b){2}", ["ab"]],
  ["a*", ["baaac", ""]], ["a+?", ["aaa"]], ["a??b", ["ab", "b"]], ["a*?b", ["aab"]], ["(a+?)", ["aaa"]], ["<b>(.*)</b>", ["<b>x</b><b>y</b>"]],
  ["<b>(.*?)</b>", ["<b>x</b><b>y</b>"]], ["(a*)*", ["b", "aab"]], ["(a*)+", ["b", "aab"]], ["(a*)?", ["b", "a"]], ["(a?)*?b", ["aab"]],
  ["(|a)*", ["aaa"]], ["(|a)+", ["aaa"]], ["(a|)*", ["aaab"]], ["(?:a?)*?$", ["aa"]], ["(a*){2,3}", ["aab"]], ["(?:a|b*)*c", ["abbac", "d"]],
  ["(z)((a+)?(b+)?(c))*", ["zaacbbbcac"]], ["(?:(a)|b)*", ["ab", "ba", "bb"]], ["(?:(a)|(b))+", ["ab", "ba"]], ["(?:(a)|b){2}", ["ab"]],
  ["(?:(a)?b)*", ["abb", "bab"]], ["(?:(?:(a)|b)c)*", ["acbc"]], ["((a)|b)?", ["b"]], ["(a(b)?)+", ["aba"]], ["(?:(a)(b)?)+", ["aba"]],
  ["((a)*b)*", ["aabb"]], ["(?:(x)|(y)|(z))*", ["xyz"]], ["(?:\\b)*a", ["a"]], ["(?:^)*a", ["ba"]], ["(?:()|a)*", ["aa"]], ["()*", ["a"]],
  ["(?:a{0,2}){3}", ["aaaaaaa"]], ["(a{1,2}){2}", ["aaa"]], ["((a{0,2})b?){2}", ["aaab"]],
  // alternation, anchors and boundaries
  ["a|ab|abc", ["abc"]], ["(?:a|ab)(?:c|bcd)(?:d*)", ["abcd"]], ["|a", ["a"]], ["a|", ["b"]], ["", ["", "ab"]], ["(?:)", ["ab"]], ["()", ["ab"]], ["||", ["a"]],
  ["^", ["", "a\nb"]], ["$", ["", "a\nb"]], ["^a", ["a", "ba", "b\na"]], ["a$", ["a", "ab", "a\n"]], ["^$", ["", "\n"]], ["a^b", ["ab"]], ["a$b", ["ab"]],
  ["\\bfoo\\b", ["foo", "a foo.", "foobar", "éfoo"]], ["\\Boo", ["foo", "oo"]], ["\\b", ["ab cd", ""]], ["\\B", ["ab cd", "", "é"]], ["\\b\\w", ["hello world"]],
  ["\\bé", ["é", "aé"]], ["(^a|b)+", ["ab", "bab"]],
  // groups, references, names
  ["(a)(b)(c)", ["abc"]], ["(a)|(b)", ["a", "b"]], ["a(b)?c", ["ac", "abc"]], ["(a)\\1", ["aa", "ab"]], ["(a*)b\\1", ["aabaa", "aaba", "b"]], ["\\1(a)", ["aa", "a"]],
  ["(a\\1)", ["aa"]], ["(\\2a)(\\1)", ["aa"]], ["(a)?\\1b", ["b", "aab"]], ["(?:(a)|b)\\1", ["aa", "b"]], ["\\2(a)", ["\x02a"]], ["\\1", ["\x01"]],
  ["(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10", ["abcdefghijj"]], ["(a)\\10", ["a\b"]], ["(a)\\01", ["a\x01"]], ["(?:(a)|(b)|\\1)+", ["aab"]], ["((a)|\\2b)*", ["aab"]],
  ["(?<y>\\d{4})-(?<m>\\d\\d)", ["2024-01"]], ["(?<a>x)\\k<a>", ["xx", "x"]], ["\\k<a>(?<a>x)", ["x"]], ["(?<$>a)(?<_b>b)\\k<$>", ["aba"]], ["(?<\\u0061>x)\\k<a>", ["xx"]],
  ["(?<é>x)", ["x"]], ["(?<a>.)(?<b>.)\\k<b>\\k<a>", ["abba"]], ["[(](a)\\1", ["(aa"]], ["\\((a)\\1", ["(aa"]],
  // look-around
  ["foo(?=bar)", ["foobar", "foobaz"]], ["foo(?!bar)", ["foobar", "foobaz"]], ["(?<=foo)bar", ["foobar", "bar"]], ["(?<!foo)bar", ["foobar", "bar"]],
  ["(?=(a+))a*b\\1", ["baaabac"]], ["(?=(a+))", ["baaabac"]], ["(?=a)*b", ["b", "ab"]], ["(?=a)?a", ["a"]], ["(?!a)+b", ["b"]], ["(?=a){2}a", ["a"]], ["(?=(a))?b", ["ab"]],
  ["(?=(a))*a", ["aa"]], ["(?:(?=(a)))?b", ["b", "ab"]], ["(?!(a))\\1b", ["b"]], ["(.*?)a(?!(a+)b\\2c)\\2(.*)", ["baaabaac"]], ["(?<=(\\d+)(\\d+))$", ["1053"]],
  ["(?<=\\1(.))b", ["aab", "ab"]], ["(?<=(.)\\1)b", ["aab", "ab"]], ["(?<=a|bc)d", ["ad", "bcd", "cd"]], ["(?<=^|,)\\w", ["a,b"]], ["(?<=a{2})b", ["ab", "aab"]], ["(?<=a*)b", ["aaab"]],
  ["(?<=(?<a>\\w){3})f", ["abcdef"]], ["(?<=(?<a>\\w)+)f", ["abcdef"]], ["(?<!(^|[ab]))\\w{2}", ["abcdef"]], ["(?<=a(?=([^a]{2})d)\\w{3})\\w\\1", ["abcdcde"]], ["(?<=(?!b)c)d", ["cd"]],
  ["^(?=.*\\d)(?=.*[a-z]).{4,}$", ["abc1", "abcd", "1a"]], ["(?=(?:(a)|b)*)", ["ab"]], ["(?:(?!ab).)*", ["xxab"]], ["(?:(?=(\\w))\\1)+x", ["abx", "ab"]], ["(?<=\\b)a", ["a"]],
  ["(?<=([abc]+)([abc]+))$", ["abc"]], ["(?<=(?:a|ab)c)d", ["abcd"]], ["(?!)", ["a"]], ["(?=)", ["a"]], ["(?<!)", ["a"]], ["(?<=.*?)b", ["ab"]],
  // shapes seen in rulesets
  ["^(.*)$", ["", "hello", "a\nb"]], ["(.*)", ["", "hello", "a\nb"]], ["^(\\w+)$", ["hello", "a b", ""]], ["^(\\w+)=(.*)$", ["key=value", "key="]], ["^\\d{3}-\\d{4}$", ["555-1234"]],
  ["^[^@\\s]+@[^@\\s]+\\.[a-z]+$", ["a@b.com", "a@b"]], ["(\\d+)-(\\d+)-(\\d+)", ["2024-01-15"]], ["Temp: ([\\d.]+)C Humidity: (\\d+)%", ["Temp: 21.5C Humidity: 40%"]], ["[,; ]", ["1,2;3 4"]],
  ["^(GET|POST) ", ["GET /x", "PUT /x"]], ["_(\\w)", ["snake_case_name"]], ["(\\w+)\\s(\\w+)", ["John Smith"]], ["[\\w.]+@[\\w.]+", ["foo.bar@baz.org, q@r.s"]], ["(\\d)(\\d)?", ["a1b22"]], [" +", ["a b  c"]],
  ["\\D", ["tel: (555) 123-4567"]], ["[^\"]*", ["a\"b"]], ["^https?://([^/:]+)(?::(\\d+))?(/.*)?$", ["http://a.b:80/c", "https://x", "ftp://x"]], ["^\\s*(.*?)\\s*$", ["  a b  ", ""]],
  ["^[+-]?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?$", ["-1.5e10", "1.", "12"]], ["([a-z])(\\d)", ["a1b2"]], ["日本", ["日本語"]], ["^..$", ["日本", "a"]], ["[あ-ん]+", ["xあいう"]],
];
const folded = [
  ["abc", ["ABC", "aBc"]], ["[a-z]+", ["ABC", "ſK"]], ["[^a-z]+", ["ABC1", "ſK"]], ["s", ["ſ", "S"]], ["ſ", ["s", "S", "ſ"]], ["k", ["\u212a", "K"]], ["\u212a", ["k", "K", "\u212a"]],
  ["å", ["Å", "\u212b"]], ["\u212b", ["å", "Å"]], ["é", ["É"]], ["ß", ["ẞ", "ß", "SS"]], ["ẞ", ["ß"]], ["σ", ["ς", "Σ"]], ["ς", ["σ", "Σ"]], ["µ", ["μ", "Μ", "µ"]], ["ı", ["i", "I", "ı"]], ["İ", ["i", "I", "İ"]], ["i", ["İ", "ı"]],
  ["ǆ", ["ǅ", "Ǆ"]], ["ǅ", ["ǆ", "Ǆ"]], ["[à-þ]+", ["ÀÞ×÷"]], ["[^à]", ["À", "à"]], ["\\w", ["ſ", "K"]], ["\\W", ["ſ", "K"]], ["[\\w]", ["ſ"]], ["[^\\W]", ["ſ", "a"]], ["(é)\\1", ["éÉ"]], ["(a)\\1", ["aA"]], ["(s)\\1", ["sſ"]],
  ["\\x41", ["a"]], ["\\u00e9", ["É"]], ["ÿ", ["Ÿ"]], ["ᾳ", ["ᾼ"]], ["ŉ", ["ʼN", "ŉ"]], ["Ω", ["\u2126", "ω"]], ["\u2126", ["ω", "Ω"]], ["θ", ["ϴ", "ϑ", "Θ"]], ["[Z-a]+", ["z[A"]], ["\u0130", ["i\u0307"]], ["a|B", ["Ab"]], ["(?<=A)b", ["ab"]], ["Ꭰ", ["ꭰ"]], ["ა", ["Ა"]], ["ᲀ", ["в", "В"]],
];
const lined = [
  ["^a", ["b\na", "b\ra", "b\u2028a", "b\u2029a", "b\u0085a"]], ["a$", ["a\nb", "a\r\nb", "a\u2028"]], ["^", ["a\nb\r\nc"]], ["$", ["a\nb\r\nc"]], ["^(.*)$", ["a\nb\n"]], ["^$", ["\n\n"]], ["^\\s*$", ["a\n \nb"]], ["(?:^a)+", ["a\na"]], ["(?<=^a)b", ["x\nab"]], ["a.b", ["a\nb"]], ["\\n^", ["\n\n"]],
];
const refused = [
  "(", ")", "a)", "(a", "(?", "(?a)", "(?i)a", "(?i:a)", "(?<a", "(?<>a)", "(?<1>a)", "(?<a b>x)", "(?<a>x)(?<a>y)", "(?<a>x)\\k<b>", "(?<a>x)\\k", "(?<a>x)\\k<", "(?P<a>x)",
  "[", "[a", "[^", "[\\]", "[b-a]", "[z-\\x41]", "*", "+", "?", "a**", "a++", "a???", "^*", "$+", "\\b*", "\\B+", "(?<=a)*", "(?<!a)+", "|*", "(*)", "(?:+)", "{1}", "{1,}", "{1,2}", "^{1}", "a{2}{3}", "a{2,1}", "a{5,3}?", "\\", "a\\", "[a\\",
];

const toCase = (pattern, flags, text) => {
  const regexp = new RegExp(pattern, [...new Set(flags + "gd")].join(""));
  const matches = [];
  for (let m; (m = regexp.exec(text)); ) {
    matches.push([...m.indices].map((range) => range ?? null));
    if (m[0] === "") regexp.lastIndex++;
  }
  return { pattern, flags, text, matches };
};

function fromLists() {
  const cases = [];
  const add = (list, flags) => list.forEach(([p, texts]) => texts.forEach((t) => cases.push(toCase(p, flags, t))));
  add(listed, "");
  add(folded, "i");
  add(folded, "");
  add(lined, "m");
  add(lined, "");
  for (const pattern of refused) {
    try {
      new RegExp(pattern);
    } catch {
      cases.push({ pattern, flags: "", refused: true });
      continue;
    }
    throw new Error(`JavaScript accepts ${pattern}`);
  }
  return cases;
}

function atRandom(count, seed) {
  const random = (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  const pick = (list) => list[random(list.length)];
  const atom = (depth) => {
    if (depth === 0 || random(3) === 0) return pick(["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\b", "\\B", "^", "$", "\\1", "\\2", "ab", "", "é", "\\s"]);
    const body = alternatives(depth - 1);
    return pick([`(${body})`, `(${body})`, `(${body})`, `(?:${body})`, `(?:${body})`, `(?=${body})`, `(?!${body})`, `(?<=${body})`, `(?<!${body})`]);
  };
  const term = (depth) => {
    const inner = atom(depth);
    if (/^(\^|\$|\\b|\\B|\(\?<.*|)$/i.test(inner)) return inner;
    return inner + pick(["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,2}?", "{2,}", "{0}"]);
  };
  const sequence = (depth) => Array.from({ length: 1 + random(3) }, () => term(depth)).join("");
  const alternatives = (depth) => Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => sequence(depth)).join("|");
  const text = () => Array.from({ length: random(8) }, () => pick(["a", "a", "b", "b", "c", "A", "é", "\n", " "])).join("");
  const shape = () => pick([() => alternatives(1), () => alternatives(2), () => `^${sequence(1)}${pick(["", "$"])}`])();
  const cases = [];
  while (cases.length < count) cases.push(toCase(shape(), pick(["", "", "i", "m"]), text()));
  return cases;
}

const [count, seed] = process.argv.slice(2).map(Number);
const cases = count ? atRandom(count, seed || 1) : [...fromLists(), ...atRandom(1500, 1)];
const lines = cases.map((c) => JSON.stringify(c).replace(/[\u007f-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")));
console.log(`[\n${lines.join(",\n")}\n]`);
