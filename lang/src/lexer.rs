//! Text → tokens. Two modes: code, and the body of `<<…>>`; a stack of open `#{` tells which (krl-language.md §1.2, §1.4).
//!
//! Never fails: every byte belongs to exactly one token, bad text becomes a token of an error kind.

use crate::token::{TokenBuf, TokenKind};
use logos::Logos;

/// How to read literals that run suspiciously far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexing {
    /// By the letter of the language.
    Strict,
    /// The file is known to be broken: a literal that swallows the head of a rule is taken for unterminated.
    Recovering,
}

/// How often a file's unterminated literals are cut at their line before one may swallow the rest: keeps lexing linear.
const MAX_CUTS: u32 = 16;

/// Tokenises `source`.
#[must_use]
pub fn lex(source: &str) -> TokenBuf {
    lex_with(source, Lexing::Strict)
}

pub(crate) fn lex_with(source: &str, lexing: Lexing) -> TokenBuf {
    let mut lexer = Lexer {
        source,
        lexing,
        tokens: TokenBuf::with_capacity(source.len()),
        frames: Vec::new(),
        cuts: 0,
        no_comment_close: false,
        at: 0,
    };
    while lexer.at < source.len() {
        lexer.code();
    }
    lexer.tokens
}

#[derive(Logos, Clone, Copy, Debug, PartialEq)]
enum Code {
    #[regex(
        r"[\t\n\x0B\f\r \u{A0}\u{FEFF}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}]+"
    )]
    Whitespace,
    #[token("//")]
    LineComment,
    #[token("/*")]
    BlockComment,
    #[regex(r"[A-Za-z_$][A-Za-z0-9_$]*")]
    Word,
    #[regex(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")]
    Number,
    #[token("\"")]
    Quote,
    #[token("re#")]
    RegExp,
    #[token("<<")]
    Chevron,
    #[token("(", |_| TokenKind::LParen)]
    #[token(")", |_| TokenKind::RParen)]
    #[token("[", |_| TokenKind::LBracket)]
    #[token("]", |_| TokenKind::RBracket)]
    #[token(",", |_| TokenKind::Comma)]
    #[token(";", |_| TokenKind::Semi)]
    #[token(":", |_| TokenKind::Colon)]
    #[token(".", |_| TokenKind::Dot)]
    #[token("=", |_| TokenKind::Eq)]
    #[token(":=", |_| TokenKind::ColonEq)]
    #[token("=>", |_| TokenKind::Arrow)]
    #[token("|", |_| TokenKind::Bar)]
    #[token("||", |_| TokenKind::OrOr)]
    #[token("&&", |_| TokenKind::AndAnd)]
    #[token("==", |_| TokenKind::EqEq)]
    #[token("!=", |_| TokenKind::NotEq)]
    #[token("<", |_| TokenKind::Less)]
    #[token("<=", |_| TokenKind::LessEq)]
    #[token(">=", |_| TokenKind::GreaterEq)]
    #[token("><", |_| TokenKind::Member)]
    #[token("<=>", |_| TokenKind::Compare)]
    #[token("+", |_| TokenKind::Plus)]
    #[token("-", |_| TokenKind::Minus)]
    #[token("*", |_| TokenKind::Star)]
    #[token("/", |_| TokenKind::Slash)]
    #[token("%", |_| TokenKind::Percent)]
    Punctuation(TokenKind),
    #[token(">")]
    Greater,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[regex(r"(?s).", priority = 0)]
    Illegal,
}

#[derive(Logos, Clone, Copy, Debug, PartialEq)]
enum Body {
    #[regex(r"([^\\#>]|\\(?s:.))+")]
    #[token("#")]
    #[token(">")]
    #[token("\\", priority = 1)]
    Text,
    #[token("#{")]
    Beesting,
    #[token(">>")]
    Close,
}

/// An open `<<` whose beesting is being read.
struct Frame {
    /// Token index of the `<<`.
    open: usize,
    /// Open `{` inside the beesting.
    depth: u32,
}

/// What to lex next.
enum Next {
    Code,
    Body,
}

struct Lexer<'s> {
    source: &'s str,
    lexing: Lexing,
    tokens: TokenBuf,
    frames: Vec<Frame>,
    cuts: u32,
    /// No `*/` is left.
    no_comment_close: bool,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, end: usize) {
        self.tokens.push(kind, end as u32);
        self.at = end;
    }

    /// Lexes code from `at` to the end of the source, chevrons included.
    fn code(&mut self) {
        loop {
            let base = self.at;
            let mut logos = Code::lexer(self.rest());
            let restart = loop {
                let Some(token) = logos.next() else { break false };
                let end = base + logos.span().end;
                match self.token(token.unwrap_or(Code::Illegal), end) {
                    Next::Code if self.at == end => {}
                    Next::Code => match self.at.checked_sub(end) {
                        Some(more) => logos.bump(more),
                        None => break true,
                    },
                    Next::Body => {
                        self.body();
                        break true;
                    }
                }
            };
            if !restart && !self.cut_open_chevron() {
                return;
            }
        }
    }

    /// Stores one token of code that the generated lexer ended at `end`.
    fn token(&mut self, token: Code, end: usize) -> Next {
        match token {
            Code::Whitespace => self.push(TokenKind::Whitespace, end),
            Code::Word => self.push(TokenKind::Word, end),
            Code::Number => self.push(TokenKind::Number, end),
            Code::Punctuation(kind) => self.push(kind, end),
            Code::Illegal => self.push(TokenKind::Illegal, end),
            Code::LineComment => self.push(TokenKind::LineComment, self.line_end(end)),
            Code::BlockComment => self.block_comment(end),
            Code::Quote => self.delimited(end, b'"', TokenKind::String, TokenKind::UnterminatedString),
            Code::RegExp => self.delimited(end, b'#', TokenKind::RegExp, TokenKind::UnterminatedRegExp),
            Code::Greater => return self.greater(end),
            Code::LBrace => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.depth += 1;
                }
                self.push(TokenKind::LBrace, end);
            }
            Code::RBrace => match self.frames.last_mut() {
                Some(frame) if frame.depth == 0 => {
                    self.push(TokenKind::BeestingClose, end);
                    return Next::Body;
                }
                Some(frame) => {
                    frame.depth -= 1;
                    self.push(TokenKind::RBrace, end);
                }
                None => self.push(TokenKind::RBrace, end),
            },
            Code::Chevron => {
                self.frames.push(Frame { open: self.tokens.len(), depth: 0 });
                self.push(TokenKind::ChevronOpen, end);
                return Next::Body;
            }
        }
        Next::Code
    }

    /// `>`; two of them inside a beesting are no code, so they close its chevron: the `}` was forgotten.
    fn greater(&mut self, end: usize) -> Next {
        let doubled = self.source.as_bytes().get(end) == Some(&b'>');
        if doubled && self.frames.pop().is_some() {
            self.push(TokenKind::ChevronClose, end + 1);
        } else {
            self.push(TokenKind::Greater, end);
        }
        Next::Code
    }

    fn block_comment(&mut self, body: usize) {
        let close =
            if self.no_comment_close { None } else { self.source.get(body..).and_then(|t| t.find("*/")) };
        match close {
            Some(length) => self.push(TokenKind::BlockComment, body + length + 2),
            None => {
                self.no_comment_close = true;
                self.push(TokenKind::UnterminatedComment, self.line_end(body));
            }
        }
    }

    /// A string or regular expression whose body starts at `body`.
    fn delimited(&mut self, body: usize, close: u8, whole: TokenKind, broken: TokenKind) {
        // Once cutting has been used up, literals are looked for in their own line only.
        let limit = if self.cuts < MAX_CUTS { self.source.len() } else { self.line_end(body) };
        match close_of(self.source.as_bytes(), body, limit, close) {
            Some(end) if !self.swallows_head(body, end) => {
                let end = if whole == TokenKind::RegExp { self.flags_end(end) } else { end };
                self.push(whole, end);
            }
            _ => {
                self.cuts += 1;
                self.push(broken, self.line_end(body));
            }
        }
    }

    /// Flags of a regular expression: the longest run of `g`, `i`, `m`.
    fn flags_end(&self, from: usize) -> usize {
        let rest = self.source.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().take_while(|b| matches!(b, b'g' | b'i' | b'm')).count()
    }

    /// In a broken file: does the literal hold the head of a rule or of `global`, and does a word touch its end, as it does where
    /// quotes are out of step?
    fn swallows_head(&self, start: usize, end: usize) -> bool {
        self.lexing == Lexing::Recovering
            && self.source.as_bytes().get(end).is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
            && next_head(self.source, start, end).is_some()
    }

    /// Text of a chevron up to its `>>`, or up to `#{`.
    fn body(&mut self) {
        let base = self.at;
        let mut logos = Body::lexer(self.rest());
        while let Some(token) = logos.next() {
            let span = logos.span();
            match token.unwrap_or(Body::Text) {
                Body::Text => {}
                Body::Beesting => {
                    self.text(base + span.start);
                    self.push(TokenKind::BeestingOpen, base + span.end);
                    return;
                }
                Body::Close => {
                    self.text(base + span.start);
                    self.push(TokenKind::ChevronClose, base + span.end);
                    self.close();
                    return;
                }
            }
        }
        self.text(self.source.len());
    }

    fn text(&mut self, end: usize) {
        if end > self.at {
            self.push(TokenKind::ChevronText, end);
        }
    }

    /// Closes the innermost chevron and goes on with the text around it, if it is inside another's beesting.
    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let start = self.tokens.start(frame.open) as usize;
        // A rule or `global` that begins inside and holds a chevron of its own: the `>>` belongs to that one.
        if self.lexing == Lexing::Recovering
            && self.cuts < MAX_CUTS
            && self.frames.is_empty()
            && let Some(rule) = next_head(self.source, start, self.at)
            && self.source.get(rule..self.at).is_some_and(|t| t.contains("<<"))
        {
            self.cut(frame.open, rule);
        }
    }

    /// At the end of the source: makes the outermost open chevron one error token. `false`: none is open.
    fn cut_open_chevron(&mut self) -> bool {
        let Some(frame) = self.frames.first() else { return false };
        let open = frame.open;
        self.frames.clear();
        let start = self.tokens.start(open) as usize;
        let line_end = self.line_end(start);
        let end = match next_head(self.source, start, self.source.len()) {
            _ if self.cuts >= MAX_CUTS => self.source.len(),
            Some(rule) => rule,
            None => line_end,
        };
        self.cut(open, end);
        true
    }

    fn cut(&mut self, open: usize, end: usize) {
        self.cuts += 1;
        self.frames.retain(|f| f.open < open);
        self.tokens.truncate(open);
        self.push(TokenKind::UnterminatedChevron, end);
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.source.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len())
    }
}

/// One past the first `close` in `from..limit` that no backslash protects.
fn close_of(bytes: &[u8], from: usize, limit: usize, close: u8) -> Option<usize> {
    let mut at = from;
    while at < limit {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b if b == close => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// End of the line before the first line inside `from..to` that reads like the head of a rule. Before the head of `global` it is
/// the end of the first line: the property that lost its end is short, and the `}` of `meta` lies between.
fn next_head(source: &str, from: usize, to: usize) -> Option<usize> {
    let text = source.get(from..to)?;
    let mut breaks = text.bytes().enumerate().filter(|&(_, b)| b == b'\n' || b == b'\r').map(|(i, _)| i);
    let first = breaks.next()?;
    for at in std::iter::once(first).chain(breaks) {
        let line = text.get(at + 1..).unwrap_or_default();
        if is_global_head(line) {
            return Some(from + first);
        }
        if is_rule_head(line) {
            return Some(from + at);
        }
    }
    None
}

/// `global {`
fn is_global_head(line: &str) -> bool {
    let blank = |c: char| c == ' ' || c == '\t';
    let rest = line.trim_start_matches(blank).strip_prefix("global");
    rest.is_some_and(|rest| rest.trim_start_matches(blank).starts_with('{'))
}

/// `rule NAME {` or `rule NAME is …`
fn is_rule_head(line: &str) -> bool {
    let blank = |c: char| c == ' ' || c == '\t';
    let Some(rest) = line.trim_start_matches(blank).strip_prefix("rule") else { return false };
    let name = rest.trim_start_matches(blank);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let after = name.trim_start_matches(word);
    let head = after.trim_start_matches(blank);
    name.len() < rest.len() && after.len() < name.len() && (head.starts_with('{') || head.starts_with("is "))
}
