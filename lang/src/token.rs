//! Kinds of tokens, and the buffer that holds every token of a file, white space and comments included.

use crate::span::Span;

/// What a token is. White space and comments are trivia; the `Illegal` and `Unterminated…` kinds are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum TokenKind {
    /// JavaScript's `\s` characters.
    Whitespace,
    /// `// …`, without the line break.
    LineComment,
    /// `/* … */`
    BlockComment,
    /// Any word: names and keywords alike, for no keyword of KRL is reserved everywhere.
    Word,
    /// `12`, `1.5`, `.5`
    Number,
    /// `"…"`
    String,
    /// `re#…#gim`
    RegExp,
    /// `<<`
    ChevronOpen,
    /// Text between `<<`, beestings and `>>`.
    ChevronText,
    /// `>>`
    ChevronClose,
    /// `#{`
    BeestingOpen,
    /// The `}` of a `#{`.
    BeestingClose,
    /// `(`
    LParen,
    /// `)`
    RParen,
    /// `{`
    LBrace,
    /// `}`
    RBrace,
    /// `[`
    LBracket,
    /// `]`
    RBracket,
    /// `,`
    Comma,
    /// `;`
    Semi,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `=`
    Eq,
    /// `:=`
    ColonEq,
    /// `=>`
    Arrow,
    /// `|`
    Bar,
    /// `||`
    OrOr,
    /// `&&`
    AndAnd,
    /// `==`
    EqEq,
    /// `!=`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
    /// `><`
    Member,
    /// `<=>`
    Compare,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// One character that starts no token.
    Illegal,
    /// A string without closing `"`; ends with its line.
    UnterminatedString,
    /// A regular expression without closing `#`; ends with its line.
    UnterminatedRegExp,
    /// `<<` without `>>`; ends with its line or before the next rule.
    UnterminatedChevron,
    /// `/*` without `*/`; ends with its line.
    UnterminatedComment,
}

impl TokenKind {
    /// White space or a comment?
    #[must_use]
    pub const fn is_trivia(self) -> bool {
        matches!(self, Self::Whitespace | Self::LineComment | Self::BlockComment)
    }

    /// A comment?
    #[must_use]
    pub const fn is_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::BlockComment)
    }

    /// Text that is no token of the language?
    #[must_use]
    pub const fn is_error(self) -> bool {
        self as u8 >= Self::Illegal as u8
    }
}

/// The tokens of one file, in order and without gaps: their spans cover the source exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenBuf {
    kinds: Vec<TokenKind>,
    starts: Vec<u32>,
    significant: Vec<u32>,
    end: u32,
}

impl TokenBuf {
    /// An empty buffer with room for the tokens of `bytes` bytes of ordinary source.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let tokens = bytes / 3;
        Self {
            kinds: Vec::with_capacity(tokens),
            starts: Vec::with_capacity(tokens),
            significant: Vec::with_capacity(tokens / 2),
            end: 0,
        }
    }

    /// Appends a token that ends at `end`; it starts where the previous one ended.
    pub(crate) fn push(&mut self, kind: TokenKind, end: u32) {
        if !kind.is_trivia() {
            self.significant.push(self.kinds.len() as u32);
        }
        self.kinds.push(kind);
        self.starts.push(self.end);
        self.end = end;
    }

    /// Drops token `index` and all later ones.
    pub(crate) fn truncate(&mut self, index: usize) {
        self.end = self.start(index);
        self.kinds.truncate(index);
        self.starts.truncate(index);
        let keep = self.significant.partition_point(|&t| (t as usize) < index);
        self.significant.truncate(keep);
    }

    /// Number of tokens, trivia included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Is the source empty?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Kind of token `index`; white space past the end.
    #[must_use]
    pub fn kind(&self, index: usize) -> TokenKind {
        self.kinds.get(index).copied().unwrap_or(TokenKind::Whitespace)
    }

    /// First byte of token `index`; the length of the source past the end.
    #[must_use]
    pub fn start(&self, index: usize) -> u32 {
        self.starts.get(index).copied().unwrap_or(self.end)
    }

    /// Span of token `index`.
    #[must_use]
    pub fn span(&self, index: usize) -> Span {
        Span::new(self.start(index), self.start(index + 1))
    }

    /// Text of token `index`.
    #[must_use]
    pub fn text<'s>(&self, index: usize, source: &'s str) -> &'s str {
        self.span(index).text(source)
    }

    /// Indexes of the tokens that are no trivia.
    #[must_use]
    pub fn significant(&self) -> &[u32] {
        &self.significant
    }

    /// Index of the token that covers byte `offset`; `len()` past the end.
    #[must_use]
    pub fn at(&self, offset: u32) -> usize {
        if offset >= self.end { self.len() } else { self.starts.partition_point(|&s| s <= offset) - 1 }
    }

    /// The significant tokens that lie inside `span`, as a range of positions in [`Self::significant`].
    #[must_use]
    pub fn significant_in(&self, span: Span) -> std::ops::Range<usize> {
        let first = self.significant.partition_point(|&t| self.start(t as usize) < span.start);
        let last = self.significant.partition_point(|&t| self.start(t as usize) < span.end);
        first..last.max(first)
    }

    /// The nearest significant token before token `index`.
    #[must_use]
    pub fn previous_significant(&self, index: usize) -> Option<usize> {
        let at = self.significant.partition_point(|&t| (t as usize) < index);
        at.checked_sub(1).and_then(|i| self.significant.get(i)).map(|&t| t as usize)
    }

    /// The nearest significant token after token `index`.
    #[must_use]
    pub fn next_significant(&self, index: usize) -> Option<usize> {
        let at = self.significant.partition_point(|&t| t as usize <= index);
        self.significant.get(at).map(|&t| t as usize)
    }

    /// Comments that close the line of token `index`: nothing but comments follows them before the line ends.
    #[must_use]
    pub fn trailing_comments(&self, index: usize, source: &str) -> Vec<usize> {
        let mut found = Vec::new();
        for i in index + 1..self.len() {
            match self.kind(i) {
                TokenKind::Whitespace if has_line_break(self.text(i, source)) => return found,
                TokenKind::Whitespace => {}
                TokenKind::LineComment => found.push(i),
                TokenKind::BlockComment if !has_line_break(self.text(i, source)) => found.push(i),
                TokenKind::BlockComment => return found,
                _ => return Vec::new(),
            }
        }
        found
    }

    /// Comments between token `index` and the significant token before it, without those that trail that one.
    /// `index` may be `len()`: comments at the end of the file.
    #[must_use]
    pub fn comments_before(&self, index: usize, source: &str) -> Vec<usize> {
        let previous = self.previous_significant(index);
        let first = match previous {
            Some(p) => self.trailing_comments(p, source).last().copied().unwrap_or(p) + 1,
            None => 0,
        };
        (first..index).filter(|&i| self.kind(i).is_comment()).collect()
    }

    /// Number of empty lines directly before token `index` (a comment or a significant token).
    #[must_use]
    pub fn blank_lines_before(&self, index: usize, source: &str) -> u32 {
        let Some(before) = index.checked_sub(1) else { return 0 };
        if self.kind(before) != TokenKind::Whitespace {
            return 0;
        }
        let breaks = line_breaks(self.text(before, source));
        if before == 0 { breaks } else { breaks.saturating_sub(1) }
    }
}

fn has_line_break(text: &str) -> bool {
    text.bytes().any(|b| b == b'\n' || b == b'\r')
}

/// Counts `\n`, `\r\n` and lone `\r`.
fn line_breaks(text: &str) -> u32 {
    let mut count = 0;
    let mut after_cr = false;
    for b in text.bytes() {
        count += u32::from(b == b'\r' || (b == b'\n' && !after_cr));
        after_cr = b == b'\r';
    }
    count
}
