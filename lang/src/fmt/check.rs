//! Is the formatted text the same program with the same comments?

use crate::ast::{Ast, Block, Declaration, MetaKind, PostludePart, ProgramItem, Rule};
use crate::lexer::lex;
use crate::parse::{Parsed, parse};
use crate::token::{TokenBuf, TokenKind};
use std::mem::discriminant;

/// What the formatter got wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// Tree and tokens disagreed.
    Tree,
    /// Another sequence of tokens.
    Tokens,
    /// Other comments, or in another order.
    Comments,
    /// Another tree.
    Meaning,
}

impl Mismatch {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Tree => "the formatter lost its place in the syntax tree",
            Self::Tokens => "formatting would change the text of the program",
            Self::Comments => "formatting would lose or move a comment",
            Self::Meaning => "formatting would change the meaning of the program",
        }
    }
}

/// Compares `text`, the layout of `source`, with it.
pub(super) fn check(source: &str, parsed: &Parsed, text: &str) -> Result<(), Mismatch> {
    if source == text {
        return Ok(());
    }
    // Which tokens begin an item is decided by lines too, where syntax is broken: only a second parse tells.
    let again = parse(text);
    same_tokens((&parsed.tokens, source), (&again.tokens, text))?;
    same_comments((&parsed.tokens, source), (&again.tokens, text))?;
    if parsed.has_errors() {
        same_letter(source, text)?;
    }
    if again.has_errors() == parsed.has_errors() && same_tree(&parsed.ast, &again.ast) {
        Ok(())
    } else {
        Err(Mismatch::Meaning)
    }
}

/// Where syntax is broken, the parser may cut a literal that holds the head of a rule. If it is whole after all, it must stay as it is.
fn same_letter(source: &str, text: &str) -> Result<(), Mismatch> {
    let (old, new) = (lex(source), lex(text));
    let (old, new) = ((&old, source), (&new, text));
    same_tokens(old, new).and_then(|()| same_comments(old, new)).map_err(|_| Mismatch::Meaning)
}

type Side<'a> = (&'a TokenBuf, &'a str);

/// Compares tokens but for `;` and the `,` before a closing bracket.
fn same_tokens(old: Side<'_>, new: Side<'_>) -> Result<(), Mismatch> {
    if needed(old).eq(needed(new)) { Ok(()) } else { Err(Mismatch::Tokens) }
}

fn needed<'a>((tokens, source): Side<'a>) -> impl Iterator<Item = (TokenKind, &'a str)> {
    let list = tokens.significant();
    let kind = move |i: usize| list.get(i).map(|&t| tokens.kind(t as usize));
    let closes = |k| matches!(k, TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace);
    list.iter().enumerate().filter_map(move |(i, &t)| {
        let left_out = match tokens.kind(t as usize) {
            TokenKind::Semi => true,
            TokenKind::Comma => kind(i + 1).is_some_and(closes),
            _ => false,
        };
        // A literal without end may reach into the white space before the next rule.
        let text = tokens.text(t as usize, source);
        let text = if tokens.kind(t as usize).is_error() { text.trim_end() } else { text };
        (!left_out).then_some((tokens.kind(t as usize), text))
    })
}

/// Compares comments, in order, but for white space around their lines.
fn same_comments(old: Side<'_>, new: Side<'_>) -> Result<(), Mismatch> {
    if comment_lines(old).eq(comment_lines(new)) { Ok(()) } else { Err(Mismatch::Comments) }
}

/// The lines of all comments, each with its position in its comment.
fn comment_lines<'a>((tokens, source): Side<'a>) -> impl Iterator<Item = (usize, &'a str)> {
    let comments = (0..tokens.len()).filter(|&i| tokens.kind(i).is_comment());
    comments.flat_map(|i| tokens.text(i, source).lines().map(str::trim).enumerate())
}

/// Compares the shape of two trees over the same tokens.
fn same_tree(old: &Ast, new: &Ast) -> bool {
    let events = |ast: &Ast| ast.events.iter().map(|e| discriminant(&e.kind)).collect::<Vec<_>>();
    let kinds = old.exprs.iter().zip(&new.exprs).all(|(a, b)| discriminant(&a.kind) == discriminant(&b.kind));
    old.exprs.len() == new.exprs.len()
        && kinds
        && children(old) == children(new)
        && events(old) == events(new)
        && old.program.len() == new.program.len()
        && old.program.iter().zip(&new.program).all(|(a, b)| item_value(a) == item_value(b))
        && items(old) == items(new)
}

/// The children of every expression, each list ended by the expression itself.
fn children(ast: &Ast) -> Vec<u32> {
    let mut list = Vec::with_capacity(ast.exprs.len() * 2);
    for (i, expr) in ast.exprs.iter().enumerate() {
        expr.kind.for_each_child(|id| list.push(id.0));
        list.push(i as u32);
    }
    list
}

fn item_value(item: &ProgramItem) -> (bool, u32) {
    match item {
        ProgramItem::Declaration(d) => (true, d.value.0),
        ProgramItem::Expr(id) => (false, id.0),
    }
}

/// The lists of a ruleset, flattened: how many elements each has and which expressions they hold.
fn items(ast: &Ast) -> Vec<u32> {
    let mut list = Vec::new();
    let Some(ruleset) = &ast.ruleset else { return list };
    for property in ruleset.meta.iter().flat_map(|m| &m.properties) {
        match &property.kind {
            MetaKind::Configure(d) => declarations(d, &mut list),
            MetaKind::Use(module) => declarations(&module.with, &mut list),
            _ => list.push(u32::MAX),
        }
    }
    block(ruleset.global.as_ref(), &mut list);
    list.push(ruleset.rules.len() as u32);
    ruleset.rules.iter().for_each(|r| rule(r, &mut list));
    list.push(ruleset.broken.len() as u32);
    list
}

fn declarations(from: &[Declaration], list: &mut Vec<u32>) {
    list.push(from.len() as u32);
    list.extend(from.iter().map(|d| d.value.0));
}

fn block(from: Option<&Block>, list: &mut Vec<u32>) {
    declarations(from.map(|b| b.declarations.as_slice()).unwrap_or_default(), list);
}

fn rule(rule: &Rule, list: &mut Vec<u32>) {
    block(rule.pre.as_ref(), list);
    let actions = rule.actions.iter().flat_map(|a| &a.actions);
    list.extend(actions.map(|a| a.args.len() as u32));
    for part in rule.postlude.iter().flat_map(|p| &p.parts) {
        statements(part, list);
    }
}

fn statements(part: &PostludePart, list: &mut Vec<u32>) {
    list.push(part.statements.len() as u32);
}
