//! Rules: what selects them, and their bodies in the order of krl-runtime §2.5 (with decision E5).

use super::Lowering;
use super::function::{Jump, Register};
use crate::events;
use crate::resolve::SymbolId;
use krl_lang::Span;
use krl_lang::ast::{ExprId, ForEach, Postlude, PostludeKind, PostludePart, Rule, SelectKind, Within};
use krl_vm::op::{Insn, NO_REGISTER, Op};
use krl_vm::unit::{self, FunctionId, FunctionKind, Select};
use std::sync::Arc;

/// An open loop of a rule body.
struct Loop {
    iterator: Register,
    head: usize,
    end: Jump,
    span: Span,
}

impl<'a> Lowering<'a> {
    pub(super) fn rules(&mut self, rules: &'a [Rule]) {
        for (index, rule) in rules.iter().enumerate().filter(|(_, r)| r.active) {
            let settings = self.resolution.settings.get(index).map_or(&[][..], Vec::as_slice);
            let name: Arc<str> = self.text(rule.name).into();
            let Some(select) = self.rule_select(rule, settings) else { continue };
            let body = self.rule_body(rule, name.clone(), settings);
            let settings = settings.iter().map(|s| self.symbol(*s).name.clone()).collect();
            let span = (rule.span.start, rule.span.end);
            self.unit.rules.push(unit::Rule { name, select, body, settings, span });
        }
    }

    fn rule_select(&mut self, rule: &'a Rule, settings: &'a [SymbolId]) -> Option<Select> {
        let select = rule.select.as_ref()?;
        match &select.kind {
            SelectKind::Where(condition) => Some(Select::Where(self.fragment("where", *condition, &[]))),
            SelectKind::When { event, within } => {
                let within = within.map(|w| self.within(w));
                let mut tests = Vec::new();
                let shape = self.event_shape(*event, settings, &mut tests);
                match events::automaton(shape, tests) {
                    Ok(automaton) => Some(Select::When { automaton, within }),
                    Err(events::TooManyEdges) => {
                        self.too_large(select.span, "the event expression has too many states");
                        None
                    }
                }
            }
        }
    }

    /// A function that returns the value of one expression; parameters are `settings`.
    pub(super) fn fragment(&mut self, name: &str, expr: ExprId, settings: &[SymbolId]) -> FunctionId {
        let span = self.ast.expr(expr).span;
        self.open(name.into(), FunctionKind::Fragment);
        self.select_variables(settings);
        let result = self.operand(expr);
        self.builder().op(span, Op::Return, result, 0, 0);
        self.close(span)
    }

    fn select_variables(&mut self, settings: &[SymbolId]) {
        for symbol in settings {
            let name = self.symbol(*symbol).name.clone();
            self.builder().parameter(*symbol, name);
        }
    }

    /// Milliseconds of `within N period`.
    fn within(&mut self, within: Within) -> FunctionId {
        let span = self.ast.expr(within.amount).span.to(within.period.span);
        self.open("within".into(), FunctionKind::Fragment);
        let amount = self.builder().allocate_many(2);
        self.into(within.amount, amount);
        let unit = krl_vm::unit::Constant::Number(milliseconds(self.text(within.period)));
        self.load_constant(unit, within.period.span, amount + 1);
        self.builder().op(span, Op::Mul, amount, amount, amount + 1);
        self.builder().op(span, Op::Return, amount, 0, 0);
        self.close(span)
    }

    fn rule_body(&mut self, rule: &'a Rule, name: Arc<str>, settings: &[SymbolId]) -> FunctionId {
        self.open(name, FunctionKind::Rule);
        self.select_variables(settings);
        let loops: Vec<Loop> = rule.foreach.iter().map(|f| self.begin_loop(f)).collect();
        self.iteration(rule, &loops.iter().map(|l| l.iterator).collect::<Vec<_>>());
        for open in loops.into_iter().rev() {
            self.builder().again(open.span, open.head);
            self.builder().land(open.end);
        }
        let result = self.builder().allocate();
        self.builder().op(rule.name.span, Op::Null, result, 0, 0);
        self.builder().op(rule.name.span, Op::Return, result, 0, 0);
        self.close(rule.name.span)
    }

    fn begin_loop(&mut self, foreach: &'a ForEach) -> Loop {
        let span = self.ast.expr(foreach.source).span;
        let iterator = self.builder().allocate_many(4);
        let names: Vec<Register> = foreach
            .setting
            .iter()
            .filter_map(|name| self.resolution.declared(*name))
            .map(|symbol| self.builder().allocate_local(symbol))
            .collect();
        let mark = self.builder().mark();
        let source = self.operand(foreach.source);
        self.builder().op(span, Op::IterStart, iterator, source, 0);
        self.builder().release(mark);
        for surplus in names.iter().skip(2) {
            self.builder().op(span, Op::Null, *surplus, 0, 0);
        }
        let head = self.builder().loop_head(span);
        let value = names.first().copied().unwrap_or_else(|| self.builder().allocate());
        let key = names.get(1).copied().unwrap_or(NO_REGISTER);
        self.builder().emit(span, Insn::new(Op::IterNext, 0, iterator, value, key));
        let end = self.builder().jump(span, Op::Jump, 0);
        Loop { iterator, head, end, span }
    }

    /// What runs once for each combination of the loops' elements.
    fn iteration(&mut self, rule: &'a Rule, iterators: &[Register]) {
        self.builder().op(rule.name.span, Op::Selected, 0, 0, 0);
        if let Some(pre) = &rule.pre {
            self.block(&pre.declarations);
        }
        let fired = self.builder().allocate();
        match &rule.actions {
            Some(actions) => {
                self.reset_settings(actions);
                self.action_block(actions, Some(fired));
            }
            None => self.builder().op(rule.name.span, Op::True, fired, 0, 0),
        }
        self.builder().op(rule.name.span, Op::Fired, fired, 0, 0);
        if let Some(postlude) = &rule.postlude {
            self.postlude(postlude, fired, iterators);
        }
    }

    /// `notfired {A} else {B}` is `fired {B} else {A}`; `always` and `finally` run in either case.
    fn postlude(&mut self, postlude: &'a Postlude, fired: Register, iterators: &[Register]) {
        let opposite = matches!(postlude.parts.first().map(|p| p.kind), Some(PostludeKind::NotFired));
        let part = |kind: PostludeKind| postlude.parts.iter().find(|p| p.kind == kind);
        let otherwise = part(PostludeKind::Else);
        let (yes, no) = if opposite {
            (otherwise, part(PostludeKind::NotFired))
        } else {
            (part(PostludeKind::Fired), otherwise)
        };
        if yes.is_some() || no.is_some() {
            let skip = self.builder().jump(postlude.span, Op::JumpIfNot, fired);
            self.branch(yes, iterators);
            let end = no.map(|_| self.builder().jump(postlude.span, Op::Jump, 0));
            self.builder().land(skip);
            self.branch(no, iterators);
            if let Some(end) = end {
                self.builder().land(end);
            }
        }
        for kind in [PostludeKind::Always, PostludeKind::Finally] {
            self.branch(part(kind), iterators);
        }
    }

    fn branch(&mut self, part: Option<&'a PostludePart>, iterators: &[Register]) {
        let mark = self.builder().mark();
        for statement in part.iter().flat_map(|p| &p.statements) {
            self.statement(statement, iterators);
        }
        self.builder().release(mark);
    }
}

/// The length of a period (krl-language §2.1b): a month is 30 days, a year 365.
fn milliseconds(period: &str) -> f64 {
    const SECOND: f64 = 1_000.0;
    const DAY: f64 = 86_400.0 * SECOND;
    match period.trim_end_matches('s') {
        "second" => SECOND,
        "minute" => 60.0 * SECOND,
        "hour" => 3_600.0 * SECOND,
        "day" => DAY,
        "week" => 7.0 * DAY,
        "month" => 30.0 * DAY,
        _ => 365.0 * DAY,
    }
}
