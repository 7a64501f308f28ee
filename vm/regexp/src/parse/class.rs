//! Character classes: `[…]`.

use super::escape::Place;
use super::{Parse, Parser};
use crate::ast::Node;
use crate::case;
use crate::charset::{self, CharSet};

/// One member of a class: a code point, which may bound a range, or a set such as `\d`, which can't.
enum Member {
    Code(u32),
    Set(Vec<(u32, u32)>),
}

impl Parser<'_> {
    /// The class whose bracket, at `start`, has been read.
    pub(super) fn class(&mut self, start: usize) -> Parse<Node> {
        let negated = self.eat("^");
        // Sets such as `\w` are closed over case already; listed characters are not.
        let (mut listed, mut sets) = (Vec::new(), Vec::new());
        while !self.eat("]") {
            let at = self.pos;
            let low = self.class_member(start)?;
            if !self.rest().starts_with('-') || self.rest().starts_with("-]") {
                add(low, &mut listed, &mut sets);
                continue;
            }
            self.pos += 1;
            match (low, self.class_member(start)?) {
                (Member::Code(low), Member::Code(high)) if low > high => {
                    return self.fail("range out of order in character class", at);
                }
                (Member::Code(low), Member::Code(high)) => listed.push((low, high)),
                (low, high) => {
                    add(low, &mut listed, &mut sets);
                    listed.push(('-' as u32, '-' as u32));
                    add(high, &mut listed, &mut sets);
                }
            }
        }
        if self.flags.ignore_case {
            case::close_over_case(&mut listed);
        }
        listed.append(&mut sets);
        let set = CharSet::from_code_points(listed);
        Ok(Node::Set(if negated { set.complement() } else { set }))
    }

    fn class_member(&mut self, start: usize) -> Parse<Member> {
        let at = self.pos;
        let Some(c) = self.next() else { return self.fail("unterminated character class", start) };
        if c != '\\' {
            return Ok(Member::Code(c as u32));
        }
        if let Some(ranges) = self.peek().and_then(charset::class_escape) {
            self.pos += 1;
            return Ok(Member::Set(ranges));
        }
        self.character_escape(at, Place::Class).map(Member::Code)
    }
}

fn add(member: Member, listed: &mut Vec<(u32, u32)>, sets: &mut Vec<(u32, u32)>) {
    match member {
        Member::Code(code) => listed.push((code, code)),
        Member::Set(mut ranges) => sets.append(&mut ranges),
    }
}
