//! Text and patterns: search, replace, split, fill in (krl-language §6.2). Matching is bounded (decision L7).

use super::general::pattern_of;
use super::{is_callable, yes_no};
use crate::declare::signatures;
use crate::template::{self, Match, NameLookup, expand_replacement};
use krl_regexp::{Captures, MatchLimit, Regexp};
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::Heap;
use krl_vm::native::{Iteration, Start, Step, arg};
use krl_vm::value::{Kind, Value};
use std::ops::Range;

signatures! {
    /// Does the text match a regular expression, or a text taken as one? Anything else matches nothing.
    fn match(val: ANY(STRING), regex: ANY(REGEXP|STRING)) -> BOOLEAN = Pure(matches) {
        r#""krl".match(re#^k.l$#)"# => "true"
    }
    /// What the groups of a regular expression match; with its flag `g` all its matches. `[]` if there is none.
    fn extract(val: ANY(STRING), regex: ANY(REGEXP|STRING)) -> ARRAY = Pure(extract) {
        r#""2024-01-15".extract(re#(\d+)-(\d+)#)"# => r#"["2024","01"]"#,
        r#""a1b2".extract(re#\d#g)"# => r#"["1","2"]"#
    }
    /// The text with the first match replaced, or all matches if the regular expression has the flag `g`.
    /// A text instead of a regular expression is searched for literally. In a text as replacement `$1` is the first group, `$&` the match, `$$`
    /// a dollar. A function as replacement gets the match, its groups, its position and the whole text. Without replacement the match is deleted.
    fn replace(val: ANY(STRING); regex: ANY(REGEXP|STRING), replacement: ANY(STRING|FUNCTION|NULL)) -> ANY = Iterate(replace) {
        r#""hello".replace(re#l#g, "L")"# => r#""heLLo""#,
        r#""hello".replace("l", function(m){ m.uc() })"# => r#""heLlo""#
    }
    /// The parts of the text between matches of a regular expression, or between the places of a text.
    /// Groups of the regular expression become parts of their own. The empty text splits into characters.
    fn split(val: ANY(STRING), splitOn: ANY(REGEXP|STRING)) -> ARRAY = Pure(split) {
        r#""a,b".split(",")"# => r#"["a","b"]"#
    }
    /// A template with the value in it: a number where `%d` stands, a text where `%s` stands.
    /// `\%d`, `\%s` and `\\` stand for themselves.
    fn sprintf(val: ANY(NUMBER|STRING); template: ANY(STRING|NULL)) -> STRING = Pure(sprintf) {
        r#"5.sprintf("%d items")"# => r#""5 items""#
    }
}

fn bounded<T>(matched: Result<T, MatchLimit>) -> Result<T, Fault> {
    matched.map_err(|MatchLimit| Fault::limit(Limit::RegexpSteps))
}

fn matches(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let pattern = arg(args, 1);
    if !matches!(heap.kind(pattern), Kind::RegExp | Kind::String) {
        return Ok(Value::FALSE);
    }
    let text = heap.text(arg(args, 0));
    yes_no(search(heap, pattern, |regexp| regexp.is_match(&text))?)
}

/// Byte ranges: the whole match, then the groups.
type Groups = Vec<Option<Range<usize>>>;

fn groups(captures: &Captures) -> Groups {
    (0..=captures.group_count()).map(|i| captures.get(i)).collect()
}

/// Adds a part, if the parts so far and the values they become fit into the budget.
fn push(heap: &Heap, ranges: &mut Groups, range: Option<Range<usize>>) -> Result<(), Fault> {
    ranges.push(range);
    heap.check_room(ranges.len() * size_of::<Option<Range<usize>>>())
}

/// A part of a string; `null` for none.
fn part(heap: &mut Heap, subject: Value, range: Option<Range<usize>>) -> Result<Value, Fault> {
    range.map_or(Ok(Value::NULL), |range| heap.string_part(subject, range))
}

/// An array of the parts of a string that `ranges` name.
fn parts(heap: &mut Heap, subject: Value, ranges: &[Option<Range<usize>>]) -> Result<Value, Fault> {
    heap.array_of(ranges.len(), |heap, at| part(heap, subject, ranges.get(at).cloned().flatten()))
}

/// What `search` finds with `pattern` as a regular expression.
fn search<T>(
    heap: &Heap,
    pattern: Value,
    search: impl FnOnce(&Regexp) -> Result<T, MatchLimit>,
) -> Result<T, Fault> {
    match heap.regexp(pattern) {
        Some(regexp) => bounded(search(regexp)),
        None => bounded(search(&pattern_of(heap, pattern)?)),
    }
}

fn extract(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let [subject, pattern, ..] = *args else { return heap.array_from(&[]) };
    let subject = heap.key(subject)?;
    let (text, mut captures) = (heap.str(subject), Captures::new());
    let found = match heap.regexp(pattern) {
        Some(regexp) if regexp.is_global() => {
            let found = all_ranges(heap, regexp, text)?;
            return parts(heap, subject, &found);
        }
        Some(regexp) => regexp.find_at(text, 0, &mut captures),
        None => pattern_of(heap, pattern)?.find_at(text, 0, &mut captures),
    };
    let groups = if bounded(found)? { captures.group_count() } else { 0 };
    heap.array_of(groups, |heap, at| part(heap, subject, captures.get(at + 1)))
}

fn all_ranges(heap: &Heap, regexp: &Regexp, text: &str) -> Result<Groups, Fault> {
    let mut found = Vec::new();
    for range in regexp.find_all(text) {
        push(heap, &mut found, Some(bounded(range)?))?;
    }
    Ok(found)
}

fn split(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let (subject, separator) = (heap.key(arg(args, 0))?, arg(args, 1));
    let text = heap.str(subject);
    let ranges = match heap.regexp(separator) {
        Some(regexp) => split_by_regexp(heap, text, regexp)?,
        None => split_by_text(heap, text, &heap.text(separator))?,
    };
    parts(heap, subject, &ranges)
}

fn split_by_text(heap: &Heap, text: &str, separator: &str) -> Result<Groups, Fault> {
    let mut ranges = Vec::new();
    if separator.is_empty() {
        for (at, c) in text.char_indices() {
            push(heap, &mut ranges, Some(at..at + c.len_utf8()))?;
        }
        return Ok(ranges);
    }
    let mut start = 0;
    let mut end_part = |at: usize| {
        let from = std::mem::replace(&mut start, at + separator.len());
        push(heap, &mut ranges, Some(from..at))
    };
    // What looks for one byte has less to prepare.
    match separator.as_bytes() {
        [byte] => memchr::memchr_iter(*byte, text.as_bytes()).try_for_each(&mut end_part)?,
        bytes => memchr::memmem::find_iter(text.as_bytes(), bytes).try_for_each(&mut end_part)?,
    }
    ranges.push(Some(start..text.len()));
    Ok(ranges)
}

/// ECMAScript's `split`: an empty match neither at the end of the last part nor at the end of the text separates anything.
fn split_by_regexp(heap: &Heap, text: &str, regexp: &Regexp) -> Result<Groups, Fault> {
    if text.is_empty() {
        let whole = (!bounded(regexp.is_match(text))?).then_some(Some(0..0));
        return Ok(whole.into_iter().collect());
    }
    let mut start = 0;
    let mut ranges = Vec::new();
    let mut matches = regexp.find_all(text);
    while let Some(found) = matches.next() {
        let found = bounded(found)?;
        if found.start >= text.len() {
            break;
        }
        if found.end > start {
            push(heap, &mut ranges, Some(start..found.start))?;
            ranges.extend(groups(matches.captures()).into_iter().skip(1));
            start = found.end;
        }
    }
    ranges.push(Some(start..text.len()));
    Ok(ranges)
}

fn replace(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let [subject, pattern, ..] = *args else { return Ok(Start::Done(arg(args, 0))) };
    let (subject, replacement) = (heap.key(subject)?, arg(args, 2));
    let text = heap.str(subject);
    if is_callable(heap, replacement) {
        let matches = all_matches(heap, &pattern_of(heap, pattern)?, text)?;
        return Ok(Start::Iterate(Box::new(ReplaceWith::new(heap, subject, matches, replacement))));
    }
    let replaced = fill_in(heap, text, pattern, replacement)?;
    heap.string(&replaced).map(Start::Done)
}

/// `text` with what `pattern` matches replaced by the template `replacement`.
fn fill_in(heap: &Heap, text: &str, pattern: Value, replacement: Value) -> Result<String, Fault> {
    let template = if replacement.is_null() { "".into() } else { heap.text(replacement) };
    let mut filling = Filling { heap, text, template: &template, replaced: String::new(), done: 0 };
    let Some(regexp) = heap.regexp(pattern) else {
        let sought = heap.text(pattern);
        if let Some(at) = text.find(&*sought) {
            filling.put(&[Some(at..at + sought.len())], None)?;
        }
        return Ok(filling.finish());
    };
    let group_index = |name: &str| regexp.group_index(name);
    let named: Option<&NameLookup<'_>> = if regexp.has_named_groups() { Some(&group_index) } else { None };
    let mut matches = regexp.find_all(text);
    while let Some(found) = matches.next() {
        bounded(found)?;
        filling.put(&groups(matches.captures()), named)?;
        if !regexp.is_global() {
            break;
        }
    }
    Ok(filling.finish())
}

/// A text whose matches are being replaced by a template.
struct Filling<'a> {
    heap: &'a Heap,
    text: &'a str,
    template: &'a str,
    replaced: String,
    /// How far the text is copied.
    done: usize,
}

impl Filling<'_> {
    fn put(&mut self, groups: &[Option<Range<usize>>], named: Option<&NameLookup<'_>>) -> Result<(), Fault> {
        let Some(Some(range)) = groups.first() else { return Ok(()) };
        self.replaced.push_str(self.text.get(self.done..range.start).unwrap_or_default());
        let found = Match { subject: self.text, groups, named };
        // A short template may stand for a long text: its size is known before it is written.
        let mut size = self.replaced.len();
        expand_replacement(self.template, &found, |piece| size = size.saturating_add(piece.len()));
        self.heap.check_room(size)?;
        expand_replacement(self.template, &found, |piece| self.replaced.push_str(piece));
        self.done = range.end;
        Ok(())
    }

    fn finish(mut self) -> String {
        self.replaced.push_str(self.text.get(self.done..).unwrap_or_default());
        self.replaced
    }
}

/// The first match, or all of them if the expression is global.
fn all_matches(heap: &Heap, regexp: &Regexp, text: &str) -> Result<Vec<Groups>, Fault> {
    let bytes = size_of::<Groups>() + (regexp.group_count() + 1) * size_of::<Option<Range<usize>>>();
    let mut all = Vec::new();
    let mut matches = regexp.find_all(text);
    while let Some(found) = matches.next() {
        bounded(found)?;
        all.push(groups(matches.captures()));
        heap.check_room(all.len() * bytes)?;
        if !regexp.is_global() {
            break;
        }
    }
    Ok(all)
}

/// Replaces matches by what a function yields for them.
struct ReplaceWith {
    subject: Value,
    text: String,
    matches: Vec<Groups>,
    function: Value,
    /// The match whose replacement is due next, plus one once it was asked for.
    at: usize,
    replaced: String,
    /// How far the subject is copied.
    done: usize,
    /// Characters before `counted` bytes, for positions.
    characters: usize,
    counted: usize,
}

impl ReplaceWith {
    fn new(heap: &Heap, subject: Value, matches: Vec<Groups>, function: Value) -> Self {
        let (text, replaced) = (heap.str(subject).to_owned(), String::new());
        Self { subject, text, matches, function, at: 0, replaced, done: 0, characters: 0, counted: 0 }
    }

    /// Puts `result` in the place of the match that was asked for last.
    fn put(&mut self, heap: &Heap, result: Value) -> Result<(), Fault> {
        let last = self.at.checked_sub(1).and_then(|at| self.matches.get(at)).and_then(|g| g.first());
        if let Some(Some(found)) = last {
            self.replaced.push_str(self.text.get(self.done..found.start).unwrap_or_default());
            if !result.is_null() {
                self.replaced.push_str(&heap.text(result));
            }
            self.done = found.end;
        }
        heap.check_room(self.replaced.len())
    }
}

impl Iteration for ReplaceWith {
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        self.put(heap, result)?;
        let Some(groups) = self.matches.get(self.at) else {
            self.replaced.push_str(self.text.get(self.done..).unwrap_or_default());
            return heap.string(&self.replaced).map(Step::Done);
        };
        self.at += 1;
        let start = groups.first().cloned().flatten().map_or(0, |found| found.start);
        self.characters += self.text.get(self.counted..start).unwrap_or_default().chars().count();
        self.counted = start;
        let (characters, subject) = (self.characters, self.subject);
        let args = heap.array_of(groups.len() + 2, |heap, at| match groups.get(at) {
            Some(range) => part(heap, subject, range.clone()),
            None if at == groups.len() => Ok(Value::number(characters as f64)),
            None => Ok(subject),
        })?;
        Ok(Step::CallWith { function: self.function, args })
    }
}

fn sprintf(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let (value, pattern) = (arg(args, 0), arg(args, 1));
    if pattern.is_null() {
        return heap.string("");
    }
    let kind = match heap.kind(value) {
        Kind::Number => template::Kind::Number,
        Kind::String => template::Kind::Text,
        _ => template::Kind::Other,
    };
    let (text, pattern) = (heap.text(value), heap.text(pattern));
    // At most every second character of the template is a place for the value.
    heap.check_room(pattern.len().saturating_add((pattern.len() / 2).saturating_mul(text.len())))?;
    let filled = template::sprintf(&text, kind, &pattern);
    heap.string(&filled)
}
