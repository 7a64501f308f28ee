//! Which words are keywords where.

use super::{Filter, Position, Scope, T};
use crate::code::Code;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::span::Span;
use crate::token::TokenKind as K;

impl Filter<'_> {
    pub(super) fn word(&mut self, span: Span) {
        self.block = None;
        let text = span.text(self.source);
        match self.frame.position {
            Position::Domain => return self.domain(text, span),
            Position::Type => return self.put(T::Name, span, Position::Event),
            Position::Member => return self.member(text, span),
            Position::Event if self.peek(1) == Some(K::RegExp) => return self.emit(T::Attribute, span),
            Position::Start | Position::Operand | Position::After | Position::Event | Position::Rid => {}
        }
        if let Some(terminal) = reserved(text) {
            return self.reserved(terminal, span);
        }
        if self.declares(text) {
            return self.put(T::DeclName, span, Position::After);
        }
        let found = match self.frame.scope {
            Scope::RuleHead => self.head_word(text, span),
            Scope::Rule | Scope::Events => self.rule_word(text, span),
            Scope::Defaction => self.block_word(text, span),
            Scope::Postlude => self.statement_word(text, span),
            Scope::Meta => self.meta_word(text, span),
            _ => false,
        };
        if !found {
            self.name(text, span);
        }
    }

    /// A name, or an operator that is a word.
    fn name(&mut self, text: &str, span: Span) {
        let after = self.after_operand();
        match text {
            "like" | "cmp" if after => self.put(T::CompareOp, span, Position::Operand),
            "eq" | "neq" if after && self.operand_follows() => self.older_comparison(text, span),
            _ if is_half_reserved(text) && self.frame.scope != Scope::RuleHead && !self.names_only() => {
                self.put(T::Bad, span, Position::After);
            }
            _ => self.put(T::Name, span, Position::After),
        }
    }

    /// Are we in a list of names: parameters, `setting (…)`, `shares …`, a label or an action's name?
    fn names_only(&self) -> bool {
        match self.frame.scope {
            Scope::FunctionParams | Scope::DefactionParams | Scope::Meta | Scope::Names => true,
            Scope::Rule | Scope::Defaction | Scope::Actions => self.frame.position == Position::Start,
            Scope::Postlude => matches!(self.last, T::Raise | T::Schedule),
            _ => false,
        }
    }

    fn operand_follows(&self) -> bool {
        !matches!(
            self.peek(1),
            None | Some(
                K::RParen | K::RBrace | K::Comma | K::Semi | K::Eq | K::RBracket | K::Colon | K::LParen
            )
        )
    }

    /// `eq` and `neq` of older dialects.
    fn older_comparison(&mut self, text: &str, span: Span) {
        let modern = if text == "eq" { "==" } else { "!=" };
        let message = format!("`{text}` is an operator of older dialects; write `{modern}`");
        let fix = format!("write `{modern}`");
        self.slip(Diagnostic::new(Code::WordOperator, span, message).fix(
            fix,
            span,
            modern,
            Applicability::Safe,
        ));
        self.put(T::CompareOp, span, Position::Operand);
    }

    fn reserved(&mut self, terminal: T, span: Span) {
        let position = match terminal {
            T::True | T::False | T::Null => Position::After,
            T::Not if self.between_follows() => Position::Event,
            T::Setting => Position::Start,
            _ => Position::Operand,
        };
        self.put(terminal, span, position);
    }

    fn next_text(&self) -> &str {
        let next = self.indexes.get(self.at + 1).map(|&t| self.tokens.text(t as usize, self.source));
        next.unwrap_or_default()
    }

    fn between_follows(&self) -> bool {
        matches!(self.frame.scope, Scope::Rule | Scope::Events) && self.next_text() == "between"
    }

    /// Is the word a name being declared: `name =`, or `name ==` where only declarations may stand?
    fn declares(&self, text: &str) -> bool {
        match self.peek(1) {
            Some(K::Eq) => match self.frame.scope {
                Scope::Postlude => !is_statement_word(text) && self.frame.position != Position::Operand,
                Scope::Rule | Scope::RuleHead | Scope::Events => false,
                Scope::Function | Scope::Declarations | Scope::Meta | Scope::Defaction => {
                    self.frame.position != Position::Operand || self.declares_first()
                }
                _ => matches!(self.last, T::Comma | T::LParen | T::CallParen),
            },
            Some(K::EqEq) => {
                self.frame.scope == Scope::Declarations && self.frame.position == Position::Start
            }
            _ => false,
        }
    }

    /// Directly behind `with`, `and`, `using`.
    fn declares_first(&self) -> bool {
        matches!(self.last, T::With | T::And | T::Using)
    }

    fn member(&mut self, text: &str, span: Span) {
        let terminal = reserved(text).unwrap_or(T::Name);
        self.put(terminal, span, Position::After);
    }

    // Event expressions.

    fn domain(&mut self, text: &str, span: Span) {
        let terminal = match text {
            "or" => T::EventOr,
            "and" => T::EventAnd,
            "before" | "then" | "after" => T::EventSequence,
            "any" => T::Any,
            "count" | "repeat" => T::Group,
            "like" | "cmp" | "between" => T::Bad,
            _ => match reserved(text) {
                Some(T::Return | T::Setting) | None => return self.put(T::Name, span, Position::Type),
                Some(terminal) => terminal,
            },
        };
        self.emit(terminal, span);
    }

    /// Operators and clauses between event expressions; `false`: none of them.
    fn event_word(&mut self, text: &str, span: Span) -> bool {
        let (terminal, position) = match text {
            "or" => (T::EventOr, Position::Domain),
            "and" => (T::EventAnd, Position::Domain),
            "before" | "then" | "after" => (T::EventSequence, Position::Domain),
            "between" => (T::Between, Position::Domain),
            "where" => (T::Where, Position::Operand),
            "within" if self.frame.scope == Scope::Rule => (T::Within, Position::Operand),
            "max" | "min" | "sum" | "avg" | "push"
                if self.last == T::RParen && self.closed == Scope::Events =>
            {
                (T::Aggregate, Position::After)
            }
            _ if is_period(text) && self.frame.position == Position::After => (T::Period, Position::Start),
            _ => return false,
        };
        self.put(terminal, span, position);
        true
    }

    // Rules.

    fn head_word(&mut self, text: &str, span: Span) -> bool {
        let (terminal, position) = match (self.last, text) {
            (T::StartRule, "rule") => (T::Rule, Position::Start),
            (T::Name, "is") => (T::Is, Position::Start),
            (T::Is, "active" | "inactive") => (T::Active, Position::Start),
            _ => return false,
        };
        self.put(terminal, span, position);
        true
    }

    fn rule_word(&mut self, text: &str, span: Span) -> bool {
        if self.frame.position == Position::Operand {
            return false;
        }
        if self.selecting && self.event_word(text, span) {
            return true;
        }
        if self.frame.scope == Scope::Events {
            return false;
        }
        let (terminal, position) = match text {
            "select" => (T::Select, Position::Start),
            "when" if self.last == T::Select => {
                self.selecting = true;
                return self.found(T::When, span, Position::Domain);
            }
            "where" if self.last == T::Select => (T::Where, Position::Operand),
            "foreach" => (T::Foreach, Position::Operand),
            "pre" => return self.section(T::Pre, span, Scope::Declarations),
            "fired" => return self.section(T::Fired, span, Scope::Postlude),
            "notfired" => return self.section(T::NotFired, span, Scope::Postlude),
            "always" => return self.section(T::Always, span, Scope::Postlude),
            "else" => return self.section(T::Else, span, Scope::Postlude),
            "finally" => return self.section(T::Finally, span, Scope::Postlude),
            _ => return self.block_word(text, span),
        };
        self.selecting = self.selecting && terminal == T::Select;
        self.found(terminal, span, position)
    }

    /// Words of action blocks, in rules and defactions.
    fn block_word(&mut self, text: &str, span: Span) -> bool {
        if self.frame.position == Position::Operand {
            return false;
        }
        let (terminal, position) = match text {
            "if" => (T::If, Position::Operand),
            "then" => (T::Then, Position::Start),
            "every" => return self.section(T::Every, span, Scope::Actions),
            "sample" => return self.section(T::Sample, span, Scope::Actions),
            "choose" => {
                self.choosing = true;
                (T::Choose, Position::Operand)
            }
            _ => return false,
        };
        self.selecting = false;
        self.found(terminal, span, position)
    }

    /// A keyword whose `{` opens a block.
    fn section(&mut self, terminal: T, span: Span, scope: Scope) -> bool {
        self.selecting = false;
        self.block = Some(scope);
        self.owner = Some(span);
        self.found(terminal, span, Position::Start)
    }

    fn found(&mut self, terminal: T, span: Span, position: Position) -> bool {
        self.put(terminal, span, position);
        true
    }

    // Postlude statements.

    fn statement_word(&mut self, text: &str, span: Span) -> bool {
        if matches!(self.last, T::Raise | T::Schedule) {
            return text == "event" && self.found(T::Event, span, Position::Operand);
        }
        if self.last == T::Name && matches!(self.before_last, T::Raise | T::Schedule) {
            return text == "event" && self.found(T::Event, span, Position::Operand);
        }
        if matches!(self.last, T::Log | T::Error) {
            return is_level(text) && self.found(T::Level, span, Position::Operand);
        }
        if self.frame.position == Position::Operand {
            return false;
        }
        let (terminal, position) = match text {
            "raise" => (T::Raise, Position::Start),
            "schedule" => (T::Schedule, Position::Start),
            "clear" => (T::Clear, Position::Start),
            "log" => (T::Log, Position::Operand),
            "error" => (T::Error, Position::Operand),
            "last" => (T::Last, Position::Start),
            "for" => (T::For, Position::Operand),
            "attributes" => (T::Attributes, Position::Operand),
            "at" => (T::At, Position::Operand),
            "repeat" => (T::Repeat, Position::Operand),
            "if" => (T::If, Position::Operand),
            "on" => (T::On, Position::Start),
            "final" if self.last == T::On => (T::Final, Position::Start),
            _ => return false,
        };
        self.found(terminal, span, position)
    }

    // Meta.

    fn meta_word(&mut self, text: &str, span: Span) -> bool {
        let (terminal, position) = match (self.last, text) {
            (T::StartProperty, _) => match property(text) {
                Some(terminal) => {
                    (terminal, if terminal == T::TextProperty { Position::Operand } else { Position::Start })
                }
                None => return false,
            },
            (T::Logging, "on" | "off") => (T::Switch, Position::After),
            (T::Keys, _) => (T::Name, Position::Operand),
            (T::Use, "module") => (T::Module, Position::Rid),
            (T::Errors, "to") => (T::To, Position::Rid),
            (T::Configure, "using") => (T::Using, Position::Operand),
            (T::Provides, "keys") => (T::Keys, Position::Start),
            (T::Rid, "alias") => (T::Alias, Position::Start),
            (T::Alias, _) => return false,
            (_, "to") if self.keys_are_provided() => (T::To, Position::Rid),
            (_, "with") if self.frame.position == Position::After => (T::With, Position::Operand),
            (_, "and") if self.frame.position == Position::After => (T::And, Position::Operand),
            _ => return false,
        };
        self.found(terminal, span, position)
    }

    fn keys_are_provided(&self) -> bool {
        self.last == T::Name && self.out.list.get(2).is_some_and(|t| t.1 == T::Keys)
    }
}

/// The terminal of a property's first word.
pub(crate) fn property(text: &str) -> Option<T> {
    Some(match text {
        "name" | "description" | "author" | "version" => T::TextProperty,
        "logging" => T::Logging,
        "key" | "keys" => T::Keys,
        "use" => T::Use,
        "errors" => T::Errors,
        "configure" => T::Configure,
        "provide" | "provides" => T::Provides,
        "share" | "shares" => T::Shares,
        _ => return None,
    })
}

/// Words that are never names.
pub(crate) fn reserved(text: &str) -> Option<T> {
    Some(match text {
        "not" => T::Not,
        "function" => T::Function,
        "defaction" => T::Defaction,
        "return" => T::Return,
        "true" => T::True,
        "false" => T::False,
        "null" => T::Null,
        "setting" => T::Setting,
        _ => return None,
    })
}

/// Words that can be declared, but cannot start an expression (krl-language.md §1.5).
pub(crate) fn is_half_reserved(text: &str) -> bool {
    matches!(
        text,
        "like" | "cmp" | "or" | "and" | "before" | "then" | "after" | "between" | "any" | "count" | "repeat"
    )
}

/// Words that begin a postlude statement, so cannot be declared there.
fn is_statement_word(text: &str) -> bool {
    matches!(text, "clear" | "raise" | "schedule" | "log" | "error" | "last")
}

fn is_level(text: &str) -> bool {
    matches!(text, "error" | "warn" | "info" | "debug")
}

/// Units of `within`.
pub(crate) fn is_period(text: &str) -> bool {
    matches!(
        text.strip_suffix('s').unwrap_or(text),
        "second" | "minute" | "hour" | "day" | "week" | "month" | "year"
    )
}
