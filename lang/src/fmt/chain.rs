//! Layout of postfix chains: `object.name(args){path}[index]`.

use super::builder::Builder;
use super::doc::{Hug, Op};
use crate::ast::{Arg, ExprId, ExprKind};

/// Calls from which on a chain with a function among its arguments takes a line for each.
const LONG_CHAIN: usize = 3;

/// One step of a chain.
#[derive(Clone, Copy)]
enum Link<'a> {
    /// `.name` or `.domain:name`, with its arguments if it is called.
    Member {
        qualified: bool,
        args: Option<&'a [Arg]>,
    },
    Call(&'a [Arg]),
    /// `[index]` or `{path}`
    Bracket(ExprId),
}

impl<'s> Builder<'s> {
    /// Breaks before the `.` of each call where a chain of two or more does not fit.
    pub(super) fn chain(&mut self, id: ExprId) -> Option<Hug> {
        let (head, links) = self.links(id);
        let calls = links.iter().filter(|l| matches!(l, Link::Member { args: Some(_), .. })).count();
        if calls < 2 {
            self.expr(head);
            return links.into_iter().fold(None, |_, link| self.link(link));
        }
        self.open();
        self.expr(head);
        self.push(Op::Indent);
        let mut hug = None;
        for &link in &links {
            if matches!(link, Link::Member { args: Some(_), .. }) {
                self.break_as_written(Op::Soft);
            }
            hug = self.link(link);
        }
        self.push(Op::Dedent);
        let hug = hug.filter(|_| calls < LONG_CHAIN || !self.has_function(&links));
        self.close(hug);
        hug
    }

    /// The first operand of a chain and its steps.
    fn links(&self, id: ExprId) -> (ExprId, Vec<Link<'s>>) {
        let mut links = Vec::new();
        let mut head = id;
        loop {
            let ast = self.ast;
            head = match &ast.expr(head).kind {
                ExprKind::Call { callee, args } => match &ast.expr(*callee).kind {
                    ExprKind::Member { object, domain, .. } => {
                        links.push(Link::Member { qualified: domain.is_some(), args: Some(args) });
                        *object
                    }
                    _ => {
                        links.push(Link::Call(args));
                        *callee
                    }
                },
                ExprKind::Member { object, domain, .. } => {
                    links.push(Link::Member { qualified: domain.is_some(), args: None });
                    *object
                }
                ExprKind::Index { object, index: inner } | ExprKind::Path { object, path: inner } => {
                    links.push(Link::Bracket(*inner));
                    *object
                }
                _ => break,
            };
        }
        links.reverse();
        (head, links)
    }

    fn link(&mut self, link: Link<'_>) -> Option<Hug> {
        match link {
            Link::Member { qualified, args } => {
                self.toks(if qualified { 4 } else { 2 });
                args.and_then(|args| self.args(args))
            }
            Link::Call(args) => self.args(args),
            Link::Bracket(inner) => {
                self.tok();
                self.expr(inner);
                self.leading(self.index());
                self.tok();
                None
            }
        }
    }

    fn has_function(&self, links: &[Link<'_>]) -> bool {
        let is_function = |arg: &Arg| matches!(self.ast.expr(arg.value).kind, ExprKind::Function(_));
        links.iter().any(|link| match link {
            Link::Member { args: Some(args), .. } | Link::Call(args) => args.iter().any(is_function),
            _ => false,
        })
    }
}
